"""Whatever is pressed says in the same moment what it is doing, long before the server answers.

That every button of every page does, tests/browser/test_every_page.py asks where it is there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from generation.models import State
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.pressing import silent
from tests.photographs import jpeg_of, portrait
from tests.world import World, make_world, token


@pytest.fixture
def world() -> World:
    return make_world(credits=1000)


def test_a_button_that_says_nothing_is_noticed(opened: Open) -> None:
    page = opened(PHONE)
    page.goto("/account/login/")
    assert silent(page) == []
    page.reload()
    # A page on which the script does not hear of what is pressed.
    page.evaluate(
        "() => document.forms[0].addEventListener('submit', (event) => event.stopPropagation())"
    )
    assert silent(page)


def test_it_is_said_while_the_server_thinks_and_no_second_press_counts(
    opened: Open, world: World
) -> None:
    shoot = world.shoot()
    page = opened(PHONE)
    held: list[Route] = []
    page.route("**/release", lambda route: held.append(route))
    page.goto(f"/i/{token(shoot)}/")
    page.get_by_label("Type your full name to sign").fill("Ada Lovelace")
    button = page.get_by_role("button", name="I agree and sign")
    # One call into the page: while a navigation is under way none other is answered.
    with page.expect_request("**/release"):
        said = button.evaluate(
            """(button) => new Promise((done) => {
              const said = () => [button.getAttribute('aria-busy'), button.textContent.trim()];
              button.click();
              const first = said();
              button.click();
              // Two frames later it has been drawn, and the answer is held still.
              requestAnimationFrame(() => requestAnimationFrame(() => done([first, said()])));
            })"""
        )
    assert said == [["true", "Signing"]] * 2
    page.wait_for_timeout(300)
    while not held:
        page.wait_for_timeout(20)
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_role("heading", name="Add your selfies")).to_be_visible()


def test_a_photo_that_was_chosen_is_shown_before_a_byte_has_gone(
    opened: Open, world: World, tmp_path: Path
) -> None:
    photo = tmp_path / "me.jpg"
    photo.write_bytes(jpeg_of(portrait(300)))
    page = opened(PHONE)
    held: list[Route] = []
    page.route("**/uploads", lambda route: held.append(route))
    page.goto(f"/i/{token(world.shoot(State.COLLECTING))}/")
    # Registered last, so it hears of the choice after the page's own script has.
    page.evaluate(
        """() => document.addEventListener('change', () => {
          window.said = document.getElementById('sending').textContent;
        })"""
    )
    page.locator("#photos-input").set_input_files(photo)
    page.wait_for_function("() => window.said")
    assert page.evaluate("window.said").startswith("me.jpg")
    expect(page.locator("#sending")).to_contain_text("me.jpg")
    held[0].continue_()
    expect(page.locator(".photo")).to_have_count(1)


def test_a_download_frees_its_button_and_its_words(opened: Open, world: World) -> None:
    world.hire(3)
    page = opened(DESK)
    sign_in(page, world.owner.email)
    page.goto(f"/o/{world.organisation.slug}/roster")
    page.get_by_label("All on this page").check()
    with page.expect_download():
        page.get_by_role("button", name="Export").click()
    button = page.get_by_role("button", name="Export")
    expect(button).to_be_visible()
    assert button.get_attribute("aria-busy") is None
    with page.expect_download():
        button.click()
