"""A personal link that has run out offers a new one, which comes by mail."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Invitation
from generation.models import Shoot, State
from generation.ordering import orders
from tests.browser.conftest import PHONE, Open, link_in, newest_mail
from tests.browser.queue import drain
from tests.browser.walking import holds
from tests.world import make_world, token


def run_out(shoot: Shoot) -> None:
    """As when its order has been over for some time."""
    yesterday = timezone.now() - timedelta(days=1)
    Invitation.objects.filter(pk=shoot.invitation_id).update(expires_at=yesterday)


def test_a_link_that_has_run_out_brings_a_new_one(opened: Open) -> None:
    shoot = make_world().shoot(State.CHOOSING)
    drain()
    old = f"/i/{token(shoot)}/"
    run_out(shoot)
    page = opened(PHONE)
    answer = page.goto(old)
    assert answer
    assert answer.status == 410
    expect(page.get_by_text("This link has expired.")).to_be_visible()
    holds(page)
    page.get_by_role("button", name="Send me a new link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    holds(page)
    drain()
    new = link_in(newest_mail(shoot.employee.email))
    assert old not in new
    page.goto(new)
    expect(page.get_by_role("heading", name="Which one is you?")).to_be_visible()
    # The old one may ask again, and opens nothing.
    page.goto(old)
    expect(page.get_by_role("button", name="Send me a new link")).to_be_visible()


def test_a_page_that_stood_open_while_its_link_ran_out_makes_the_offer_itself(opened: Open) -> None:
    shoot = make_world().shoot(State.TRAINING)
    page = opened(PHONE)
    page.goto(f"/i/{token(shoot)}/")
    expect(page.get_by_role("heading", name="Learning what you look like")).to_be_visible()
    run_out(shoot)
    expect(page.get_by_role("button", name="Send me a new link")).to_be_visible()
    holds(page)


def test_an_order_that_was_cancelled_says_so_on_the_open_page(opened: Open) -> None:
    world = make_world()
    shoot = world.shoot(State.TRAINING)
    page = opened(PHONE)
    page.goto(f"/i/{token(shoot)}/")
    orders.cancel_order(actor=world.actor, order=shoot.order)
    expect(page.get_by_role("heading", name="This headshot was cancelled")).to_be_visible()
    # Of what is over nobody steps out.
    expect(page.get_by_role("button", name="Opt out")).to_have_count(0)
    holds(page)
