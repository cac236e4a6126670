"""People are found by attribute and language in a browser, and read why they are asked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Employee
from generation.models import Order
from tests.browser.barriers import barriers
from tests.browser.conftest import DESK, PHONE, Open, fits, sign_in
from tests.world import make_world, token

WHY = "Mira of HR asks: our new website shows who answers when customers call."


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_who_is_found_by_an_attribute_is_told_why(opened: Open, size: dict[str, int]) -> None:
    world = make_world()
    people = world.hire(3)
    for person, floor, language in zip(people, ("3", "33", ""), ("de", "fr", ""), strict=True):
        person.attributes = {"Cost centre": "CC 7", **({"Floor": floor} if floor else {})}
        person.language = language
        person.save()
    page = opened(size)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/roster")
    page.get_by_label("Own attribute").select_option("Floor")
    value = page.get_by_label("Floor", exact=True)
    value.fill("33")
    value.press("Enter")
    expect(page.get_by_text("1 person found")).to_be_visible()
    expect(page.get_by_role("link", name=people[1].name)).to_be_visible()
    assert fits(page)
    assert barriers(page) == []
    # Another attribute begins without the value of the one before.
    page.get_by_label("Own attribute").select_option("Cost centre")
    expect(page.get_by_text("3 people found")).to_be_visible()
    page.locator("#language").select_option("none")
    expect(page.get_by_text("1 person found")).to_be_visible()
    expect(page.get_by_role("link", name=people[2].name)).to_be_visible()

    page.goto(f"/o/{world.organisation.slug}/orders/new")
    expect(page.get_by_label("Value of the attribute")).to_be_hidden()
    page.get_by_label("Own attribute").select_option("Floor")
    expect(page.get_by_role("button", name="Choose all 2")).to_be_visible()
    page.get_by_label("Value of the attribute").fill("3")
    expect(page.get_by_role("button", name="Choose all 1")).to_be_visible()
    page.get_by_role("button", name="Choose all 1").click()
    page.get_by_label("Who asks, and why").fill(WHY)
    page.get_by_role("button", name="See the invitation").click()
    expect(page.frame_locator("[data-mail]").get_by_text(WHY)).to_be_visible()
    page.get_by_role("button", name="Close").click()
    assert fits(page)
    page.get_by_role("button", name="Invite 1 person").click()
    expect(page.get_by_text(f"People are told why: “{WHY}”")).to_be_visible()

    shoot = Order.objects.get().shoots.get()
    assert shoot.employee == Employee.objects.get(pk=people[0].pk)
    theirs = opened(size)
    theirs.goto(f"/i/{token(shoot)}/")
    expect(theirs.get_by_text(WHY)).to_be_visible()
    assert fits(theirs)
    assert barriers(theirs) == []
