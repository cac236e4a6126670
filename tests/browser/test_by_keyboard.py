"""Whatever an employee may do besides the straight way, by keyboard alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from generation.models import Alternative, Shoot, State
from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.queue import drain
from tests.browser.test_employee import tab_to
from tests.photographs import jpeg_of, portrait
from tests.world import make_world, token

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


def opt_out(page: Page) -> None:
    tab_to(page, "^Opt out$")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    tab_to(page, "^Opt out$", most=4)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You have opted out")).to_be_visible()


@SIZES
def test_opting_out_with_a_photo_of_ones_own(
    opened: Open, tmp_path: Path, size: dict[str, int]
) -> None:
    shoot = make_world().shoot(State.COLLECTING)
    photo = tmp_path / "me.jpg"
    photo.write_bytes(jpeg_of(portrait(700)))
    page = opened(size)
    page.on("filechooser", lambda chooser: None)
    page.goto(f"/i/{token(shoot)}/")
    opt_out(page)
    tab_to(page, "^Photo$")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(photo)
    tab_to(page, "^I allow Acme to use this photo", most=4)
    page.keyboard.press("Space")
    tab_to(page, "Use this photo", most=4)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your own photo")).to_be_visible()
    drain()
    assert Alternative.objects.get(shoot=shoot).finished
    expect(page.get_by_role("img", name="What stands beside the others")).to_be_visible()
    tab_to(page, "Take it back")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your own photo")).to_be_hidden()
    assert not Alternative.objects.filter(shoot=shoot).exists()


@SIZES
def test_opting_out_with_initials(opened: Open, size: dict[str, int]) -> None:
    shoot = make_world().shoot(State.CHOOSING)
    page = opened(size)
    page.goto(f"/i/{token(shoot)}/")
    opt_out(page)
    tab_to(page, "Use my initials")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your initials", level=2)).to_be_visible()
    assert Alternative.objects.get(shoot=shoot).kind == Alternative.Kind.INITIALS


@SIZES
def test_none_of_these_because(opened: Open, size: dict[str, int]) -> None:
    shoot = make_world().shoot(State.CHOOSING)
    page = opened(size)
    page.goto(f"/i/{token(shoot)}/")
    tab_to(page, "None of these is me")
    page.keyboard.press("Enter")
    tab_to(page, "The hair is wrong", most=8)
    page.keyboard.press("Space")
    tab_to(page, "In your words", most=8)
    page.keyboard.type("Mine is curly.")
    tab_to(page, "Make new ones", most=2)
    page.keyboard.press("Enter")
    expect(page.get_by_text("You can close this page")).to_be_visible()
    shoot = Shoot.objects.get(pk=shoot.pk)
    assert (shoot.state, shoot.round, shoot.refusals) == (State.QUEUED, 2, ["hair"])


@SIZES
def test_taking_along_what_is_held(opened: Open, size: dict[str, int]) -> None:
    shoot = make_world().shoot(State.CHOOSING)
    page = opened(size)
    page.goto(f"/i/{token(shoot)}/")
    tab_to(page, "What we hold about you")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What we hold about you")).to_be_visible()
    tab_to(page, "Download everything")
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    names = zipfile.ZipFile(taken.value.path()).namelist()
    assert sum(name.startswith("photos/") for name in names) == 6
