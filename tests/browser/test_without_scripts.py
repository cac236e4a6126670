"""Where scripts are blocked, an order is placed and photos are sent all the same."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from generation.models import Order
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.world import World, jpeg, sign, token


def left_of(page: Page, words: str) -> float:
    box = page.get_by_text(words, exact=True).first.bounding_box()
    assert box
    return box["x"]


def test_an_order_is_placed_without_scripts(opened: Open, world: World) -> None:
    world.hire(3)
    page = opened(DESK, scripts=False)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/orders/new")
    # What only scripts can do is not offered, and leaves no gap.
    expect(page.get_by_label("Find somebody")).to_be_hidden()
    expect(page.get_by_role("button", name="Choose all")).to_be_hidden()
    assert left_of(page, "Look") == left_of(page, "New order")
    for box in page.locator("#people input[type=checkbox]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Studio")
    assert Order.objects.get().shoots.count() == 2


def test_photos_are_sent_without_scripts(opened: Open, world: World, tmp_path: Path) -> None:
    shoot = world.shoot()
    sign(shoot)
    files = [tmp_path / f"{number}.jpg" for number in range(2)]
    for number, file in enumerate(files):
        file.write_bytes(jpeg(number))
    page = opened(PHONE, scripts=False)
    page.goto(f"/i/{token(shoot)}/")
    expect(page.locator(".camera")).to_be_hidden()
    page.locator("#photos-input").set_input_files(files)
    page.get_by_role("button", name="Send the photos").click()
    expect(page.locator(".photo")).to_have_count(2)


def test_with_scripts_nothing_is_said_of_them(opened: Open, world: World) -> None:
    shoot = world.shoot()
    sign(shoot)
    page = opened(PHONE)
    page.goto(f"/i/{token(shoot)}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "<button" not in page.locator("body").inner_text()
