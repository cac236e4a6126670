"""What somebody does before the page's scripts have come is not lost."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Route, expect

from generation.models import State
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.late_scripts import opened_before_scripts
from tests.world import World, give_selfies, jpeg, sign, token


def test_who_is_ticked_or_looked_for_early_counts(opened: Open, world: World) -> None:
    world.hire(3)
    page = opened(DESK)
    sign_in(page, world.owner.email)
    with opened_before_scripts(page, f"/o/{world.organisation.slug}/orders/new"):
        expect(page.get_by_role("button", name="Choose all")).to_be_disabled()
        page.check("#people input[type=checkbox] >> nth=1")
        page.fill("#find", "last002")
    expect(page.get_by_text("1 person needs 1 credit")).to_be_visible()
    expect(page.locator("#people .person")).to_have_count(1)
    page.get_by_role("button", name="Choose all 1").click()
    expect(page.get_by_text("2 people need 2 credits")).to_be_visible()


def test_photos_that_are_chosen_early_are_sent(opened: Open, world: World, tmp_path: Path) -> None:
    shoot = world.shoot()
    sign(shoot)
    photo = tmp_path / "me.jpg"
    photo.write_bytes(jpeg(1))
    page = opened(PHONE)
    with opened_before_scripts(page, f"/i/{token(shoot)}/"):
        page.set_input_files("#photos-input", photo)
    expect(page.locator(".photo")).to_have_count(1)


def test_wishes_that_were_not_saved_yet_are_handed_in(opened: Open, world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    give_selfies(shoot)
    page = opened(PHONE)
    page.goto(f"/i/{token(shoot)}/")
    asked: list[Route] = []
    page.route("**/wishes", lambda wish: asked.append(wish))
    page.get_by_label("Hearing aid").check()
    page.get_by_label("Beard").check()
    page.get_by_role("button", name="Hand in 6 photos").click()
    expect(page.get_by_text("You can close this page")).to_be_visible()
    assert asked
    shoot.refresh_from_db()
    assert (shoot.state, set(shoot.keep)) == (State.QUEUED, {"hearing_aid", "beard"})
