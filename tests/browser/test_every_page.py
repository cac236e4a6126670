"""Every page there is, on a phone and at a desk, by day and in the dark: nothing in the way, and
every button answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from accounts.actors import SYSTEM, employee_actor
from accounts.membership import member_invitations
from accounts.models import Organisation
from generation.approving import choosing
from generation.delivering import download_links, team_pages
from generation.inviting import join_links
from generation.leaving import withdrawals
from generation.models import Shoot, State
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.pressing import silent
from tests.browser.test_pages_hold import holds as holds_by_day
from tests.test_isolation import TABLE, thing
from tests.world import World, bring, give_initials, make_world, token

ACCOUNT = ("email/", "password/change/", "logout/", "2fa/", "sessions/", "reauthenticate/")
ENTRANCE = ("login/", "signup/", "password/reset/", "password/reset/done/", "sso")


def holds(page: Page, path: str, *, found: bool = True) -> None:
    holds_by_day(page, path, dark=True, found=found)
    assert silent(page) == [], path


def pages(world: World) -> list[str]:
    """The addresses of the isolation table that an owner gets a whole page from."""
    client = Client()
    client.force_login(world.owner)
    # An endpoint that is made takes the place of the one before.
    delivery = thing(world, "delivery")
    endpoint = {name: delivery[name] for name in ("slug", "endpoint_id")}
    things = {"delivery": delivery, "endpoint": endpoint}
    found = {}
    for case in TABLE:
        if case.method != "get" or case.answers.get("owner") != 200:
            continue
        if case.needs not in things:
            things[case.needs] = thing(world, case.needs)
        place = reverse(case.route, kwargs=things[case.needs])
        answer = client.get(place)
        html = answer.get("Content-Type", "").startswith("text/html")
        if html and not answer.streaming and b"<main" in answer.content:
            found[case.route] = place
    assert len(found) > 40, sorted(found)
    return list(found.values())


@pytest.fixture
def world() -> World:
    return make_world(credits=1000)


def test_members_pages(opened: Open, world: World, settings: Any) -> None:
    settings.DNS_SERVER = "127.0.0.1:9"
    page = opened(DESK)
    sign_in(page, world.owner.email)
    for place in pages(world):
        holds(page, place)


def test_an_accounts_own_pages(opened: Open, world: World) -> None:
    stranger = opened(PHONE)
    for place in ENTRANCE:
        holds(stranger, f"/account/{place}")
    for place in ("/", "/pricing", "/verify"):
        holds(stranger, place)
    holds(stranger, "/no-such-page", found=False)
    page = opened(DESK)
    sign_in(page, world.owner.email)
    for place in ACCOUNT:
        holds(page, f"/account/{place}")
    for place in ("/organisations/new", f"/o/{world.organisation.slug}/second-factor"):
        holds(page, place)
    Organisation.objects.filter(pk=world.organisation.pk).update(second_factor_required=True)
    holds(page, f"/o/{world.organisation.slug}/second-factor")


def test_an_employees_pages_in_every_state(opened: Open, world: World) -> None:
    page = opened(PHONE)
    for state in (
        State.INVITED,
        State.COLLECTING,
        State.QUEUED,
        State.CHOOSING,
        State.APPROVING,
        State.DELIVERED,
    ):
        holds(page, f"/i/{token(bring(world.shoot(), state))}/")
    out = world.shoot(State.COLLECTING)
    holds(page, f"/i/{token(out)}/data")
    choosing.opt_out(actor=employee_actor(out.employee), shoot=out)
    holds(page, f"/i/{token(out)}/")
    out = world.shoot(State.COLLECTING)
    give_initials(out)
    holds(page, f"/i/{token(out)}/")
    gone = world.shoot(State.DELIVERED)
    withdrawals.withdraw(actor=employee_actor(gone.employee), shoot=gone)
    holds(page, f"/i/{token(gone)}/")
    holds(page, f"/i/{token(gone)}/data")
    for state in (State.FAILED, State.CANCELLED):
        ended = world.shoot(State.COLLECTING)
        Shoot.objects.filter(pk=ended.pk).update(state=state, message="The photos do not agree.")
        holds(page, f"/i/{token(ended)}/")
    stale = world.shoot()
    stale.invitation.expires_at = timezone.now() - timedelta(days=1)
    stale.invitation.save()
    holds(page, f"/i/{token(stale)}/")
    holds(page, "/i/no-such-link/", found=False)


def test_pages_that_a_link_opens(opened: Open, world: World) -> None:
    page = opened(PHONE)
    link = world.join_link()
    address = join_links.address_of(link)
    holds(page, address)
    page.goto(address)
    page.locator("[name=email]").fill("new@acme.example")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Last name").fill("New")
    page.get_by_role("button", name="Mail me the code").click()
    page.wait_for_load_state()
    holds(page, page.url)
    order = bring(world.shoot(), State.DELIVERED).order
    shared = download_links.make(actor=SYSTEM, order=order, days=7)
    holds(page, reverse("shared", args=[download_links.token(shared)]))
    shown = team_pages.publish(actor=SYSTEM, of=order, sites=[])
    holds(page, reverse("team", args=[shown.key]))
    invited = world.invite_member()
    holds(page, member_invitations.link_of(invited))
