"""What cannot simply be undone is asked about first, and what was refused stays to be read."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.mail import bounces
from accounts.models import Employee, Member, Role
from generation.delivering import team_pages
from generation.models import State, TeamPage
from tests.browser.barriers import barriers
from tests.browser.conftest import DESK, PHONE, Open, fits, sign_in
from tests.world import World, bring, make_world

# In milliseconds, how long anything about a part still moves.
LONGEST = """(part) => Math.max(0, ...part.getAnimations().map(
  (one) => one.effect.getComputedTiming().endTime))"""


@pytest.fixture
def world() -> World:
    return make_world()


def test_whoever_is_marked_as_having_left_is_asked_about(opened: Open, world: World) -> None:
    (person,) = world.hire(1)
    page = opened(PHONE)
    sign_in(page, world.owner.email)
    page.goto(reverse("employee", args=[world.organisation.slug, person.pk]))
    page.get_by_role("button", name="Mark as having left").click()
    dialog = page.get_by_role("dialog", name=f"Mark {person.name} as having left?")
    expect(dialog).to_contain_text("What is under way is cancelled")
    assert fits(page)
    dialog.get_by_role("button", name="Not now").click()
    expect(dialog).to_be_hidden()
    assert Employee.objects.get(pk=person.pk).status == Employee.Status.ACTIVE
    page.get_by_role("button", name="Mark as having left").click()
    dialog.get_by_role("button", name="Mark as left").click()
    expect(page.get_by_text("1 person is marked as having left.")).to_be_visible()


def test_the_organisation_is_handed_over_after_a_question(opened: Open, world: World) -> None:
    heir = world.member(Role.ADMIN)
    page = opened(PHONE)
    sign_in(page, world.owner.email)
    page.goto(reverse("organisation_settings", args=[world.organisation.slug]))
    page.get_by_role("button", name="Hand over").click()
    dialog = page.get_by_role("dialog", name="Hand the organisation over?")
    expect(dialog).to_contain_text("Only an owner can make you owner again.")
    assert barriers(page) == []
    assert fits(page)
    dialog.get_by_role("button", name="Stay owner").click()
    expect(dialog).to_be_hidden()
    assert Member.objects.get(user=world.owner).role == Role.OWNER
    page.get_by_role("button", name="Hand over").click()
    dialog.get_by_label("New owner").select_option(str(Member.objects.get(user=heir).pk))
    dialog.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("is owner now, and you are administrator.")).to_be_visible()
    assert Member.objects.get(user=heir).role == Role.OWNER


def test_the_team_page_is_taken_off_after_a_question(opened: Open, world: World) -> None:
    order = world.order(1)
    bring(order.shoots.get(), State.APPROVING)
    team_pages.publish(actor=world.actor, of=order, sites=[])
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/{order.pk}/wall")
    page.get_by_role("button", name="Take it off").click()
    dialog = page.get_by_role("dialog", name="Take the team page off?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    assert TeamPage.objects.get().published
    page.get_by_role("button", name="Take it off").click()
    dialog.get_by_role("button", name="Take it off").click()
    expect(page.get_by_text("The team page is off.")).to_be_visible()
    assert not TeamPage.objects.get().published


def test_what_was_refused_stays_until_it_is_closed(opened: Open, world: World) -> None:
    shoot = world.shoot()
    bounces.mark(address=shoot.employee.email, reason="550 gone")
    page = opened(PHONE)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/shoots/{shoot.pk}")
    page.get_by_role("button", name="Send the link again").click()
    refused = page.locator("#toasts .toast")
    expect(refused).to_contain_text("cannot be reached: mail comes back.")
    # What goes by itself is an animation that ends seconds from now.
    assert refused.evaluate(LONGEST) < 1000
    assert barriers(page) == []
    page.get_by_role("button", name="Close").click()
    expect(refused).to_have_count(0)
