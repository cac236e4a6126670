"""More people for an order that runs, chosen and invited in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from generation.models import Shoot
from tests.browser.barriers import barriers
from tests.browser.conftest import DESK, PHONE, Open, fits, sign_in
from tests.world import make_world


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_people_are_found_chosen_and_invited(opened: Open, size: dict[str, int]) -> None:
    world = make_world()
    order = world.order(2)
    people = world.hire(60)
    page = opened(size)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/{order.pk}")
    page.get_by_role("link", name="Add people").click()
    expect(page.get_by_role("heading", name="Add people")).to_be_visible()
    expect(page.get_by_role("button", name="Add people")).to_be_visible()
    expect(page.get_by_text("Nobody is chosen yet.")).to_be_visible()
    assert fits(page)
    assert barriers(page) == []
    page.get_by_role("checkbox", name=people[0].name).check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("checkbox", name=people[55].name).check()
    expect(page.get_by_text("2 people need 2 credits. 96 will be left.")).to_be_visible()
    page.get_by_placeholder("Name, department, address").fill(people[7].email)
    expect(page.get_by_role("checkbox")).to_have_count(1)
    page.get_by_role("button", name="Choose all 1").click()
    page.get_by_role("button", name="Invite 3 people").click()
    expect(page.get_by_text("3 people are in the order now")).to_be_visible()
    assert Shoot.objects.filter(order=order).count() == 5


def test_whoever_is_signed_out_meanwhile_reads_it_and_nothing_stays_busy(opened: Open) -> None:
    world = make_world()
    order = world.order(1)
    people = world.hire(60)
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/{order.pk}/people")
    page.get_by_role("checkbox", name=people[0].name).check()
    kept = page.context.cookies()
    page.context.clear_cookies()
    for press in ("Next", "Choose all 60"):
        page.get_by_role("button", name=press).click()
        expect(page.get_by_text("The list could not be loaded.")).to_be_visible()
        expect(page.locator("#people")).not_to_have_attribute("aria-busy", "true")
        expect(page.get_by_role("button", name=press)).not_to_have_attribute("aria-busy", "true")
        page.locator("#toasts").evaluate("toasts => toasts.replaceChildren()")
    # Who was chosen stays so, and it goes on where it was.
    expect(page.get_by_text("1 chosen")).to_be_visible()
    page.context.add_cookies(kept)  # type: ignore[arg-type]
    page.get_by_role("button", name="Choose all 60").click()
    expect(page.get_by_text("60 chosen")).to_be_visible()
