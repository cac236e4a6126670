"""The employee's way on a phone: by keyboard alone, over a bad line, in their language."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from accounts.actors import employee_actor
from accounts.consent import invitations
from generation.leaving import withdrawals
from generation.models import Selfie, Shoot, State, Upload
from generation.photos import selfies, uploads
from tests.browser.barriers import SCRIPT, barriers
from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, Open, fits, sign_in
from tests.browser.queue import drain, forget
from tests.photographs import jpeg_of, otherwise, portrait
from tests.world import bring, give_candidates, give_selfies, make_world, token


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until what has the focus is called `name`."""
    page.wait_for_load_state()
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => { const e = document.activeElement;
              const label = e.labels && e.labels[0] ? e.labels[0].textContent : '';
              return (e.getAttribute('aria-label') || label || e.textContent || '').trim(); }"""
        )
        if re.search(name, " ".join(found.split())):
            outline = page.evaluate(
                """() => { const e = document.activeElement;
                  const seen = [e, e.closest('label'), e.parentElement].filter(Boolean);
                  return seen.some((x) => getComputedStyle(x).outlineStyle !== 'none'); }"""
            )
            assert outline, f"no focus is seen on {name}"
            return
    raise AssertionError(f"the keyboard does not reach {name}")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_whole_way_by_keyboard_alone(
    opened: Open, tmp_path: Path, size: dict[str, int]
) -> None:
    world = make_world()
    world.look.attire_choices = ["white shirt"]
    world.look.save()
    shoot = world.shoot()
    page = opened(size)
    # Heard from the start: choosers are only caught once the browser has been told to.
    page.on("filechooser", lambda chooser: None)
    page.goto(f"/i/{token(shoot)}/")
    tab_to(page, "Type your full name")
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Add your selfies")).to_be_visible()
    photo = tmp_path / "me.jpg"
    photo.write_bytes(jpeg_of(portrait(500)))
    tab_to(page, "Take or choose photos")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(photo)
    expect(page.locator(".photo")).to_have_count(1)
    forget("default")
    shoot.refresh_from_db()
    give_selfies(shoot)
    Selfie.objects.filter(shoot=shoot, verdict="checking").delete()
    page.reload()
    tab_to(page, "Navy suit")
    page.keyboard.press("ArrowRight")
    tab_to(page, "Hearing aid")
    page.keyboard.press("Space")
    tab_to(page, "Hand in 6 photos")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You can close this page")).to_be_visible()
    page.wait_for_load_state("networkidle")
    shoot.refresh_from_db()
    assert (shoot.state, shoot.attire, shoot.keep) == (
        State.QUEUED,
        "white shirt",
        ["hearing_aid"],
    )
    forget("gpu")
    give_candidates(shoot)
    Shoot.objects.filter(pk=shoot.pk).update(state=State.CHOOSING)
    expect(page.get_by_role("heading", name="Which one is you?")).to_be_visible()
    expect(page.get_by_text("Hearing aid")).to_be_visible()
    tab_to(page, "See picture 2 large")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    tab_to(page, "^Choose picture 2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="A good choice")).to_be_visible()
    page.wait_for_load_state()
    tab_to(page, "What we hold about you")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What we hold about you")).to_be_visible()
    tab_to(page, "Withdraw and destroy everything")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    with page.expect_download() as certificate:
        page.get_by_role("link", name="Download the certificate").press("Enter")
    assert "Ed25519" in Path(certificate.value.path()).read_text()


def test_an_upload_goes_on_after_a_lost_line_and_a_reload(
    browser: Browser, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE_BYTES", 16_000)
    shoot = make_world().shoot(State.COLLECTING)
    photo = tmp_path / "me.jpg"
    photo.write_bytes(jpeg_of(portrait(1100)))
    context = browser.new_context(viewport=PHONE, base_url=site)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    sent: list[int] = []
    cut = {"after": 3}

    def line(route: Route) -> None:
        at = int(route.request.url.rsplit("=", 1)[1])
        if len(sent) >= cut["after"]:
            route.abort()
            return
        sent.append(at)
        route.continue_()

    page.route("**/uploads/*", line)
    page.goto(f"/i/{token(shoot)}/")
    page.locator("#photos-input").set_input_files(photo)
    expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
    assert Upload.objects.get().received == 3 * 16_000
    # Nothing is chosen again: the browser has kept the file.
    page.reload(wait_until="commit")
    cut["after"] = 10**6
    expect(page.locator(".photo")).to_have_count(1)
    assert sent == sorted(set(sent)), "no byte is sent twice"
    assert not Upload.objects.exists()
    context.close()
    drain()
    selfie = Selfie.objects.get(shoot=shoot)
    assert (selfie.width, selfie.height) == (1100, 1100)


def test_where_one_works_is_chosen_by_arrow_keys_and_nothing_else_moves(opened: Open) -> None:
    shoot = make_world().shoot()
    page = opened(PHONE)
    with page.expect_response("**/live"):
        page.goto(f"/i/{token(shoot)}/")
    shoot.invitation.refresh_from_db()
    assert shoot.invitation.opened_at is not None
    name = page.get_by_label("Type your full name")
    name.fill("Ada Lovelace")
    where = page.get_by_label("Where you work")
    where.focus()
    texts = {}
    for key in ("ArrowUp", "ArrowUp"):
        before = page.locator("#read-hash").input_value()
        texts[page.locator("#read-where").input_value()] = page.locator(".release").inner_text()
        # Each press shows the text for a place, and the next one can follow.
        page.keyboard.press(key)
        expect(page.locator("#read-hash")).not_to_have_value(before)
        expect(page.locator("#read-where")).to_have_value(where.input_value())
        expect(where).to_be_focused()
        expect(name).to_have_value("Ada Lovelace")
    chosen = where.input_value()
    assert page.locator(".release").inner_text() not in texts.values()
    assert barriers(page) == []
    name.press("Enter")
    expect(page.get_by_role("heading", name="Add your selfies")).to_be_visible()
    shoot.refresh_from_db()
    assert shoot.release is not None
    assert (shoot.release.typed_name, shoot.release.jurisdiction) == ("Ada Lovelace", chosen)


def kept_on_device(page: Page) -> int:
    """How many photos the browser has put aside, whosever they are."""
    return int(
        page.evaluate(
            """() => new Promise((resolve) => {
              indexedDB.open('headshots-photos').onsuccess = (opened) => {
                const files = opened.target.result.transaction('files').objectStore('files');
                files.count().onsuccess = (counted) => resolve(counted.target.result);
              };
            })"""
        )
    )


def none_kept_on_device(page: Page) -> None:
    """The page destroys them in its own time."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while left := kept_on_device(page):
        assert time.monotonic() < deadline, f"{left} photos are kept on the device"
        page.wait_for_timeout(50)


def broken_off(page: Page, shoot: Shoot, photo: Path) -> None:
    """A photo was chosen and no piece of it comes through."""
    photo.write_bytes(jpeg_of(portrait(700)))
    page.route("**/uploads/*", lambda route: route.abort())
    page.goto(f"/i/{token(shoot)}/")
    page.locator("#photos-input").set_input_files(photo)
    expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
    assert kept_on_device(page) == 1


def test_a_photo_goes_on_by_the_fresh_link_when_the_old_one_has_run_out(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    shoot = make_world().shoot(State.COLLECTING)
    context = browser.new_context(viewport=PHONE, base_url=site)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    broken_off(page, shoot, tmp_path / "me.jpg")
    shoot.invitation.expires_at = timezone.now() - timedelta(days=1)
    shoot.invitation.save()
    page.reload()
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    assert kept_on_device(page) == 1
    invitations.renew(invitation=shoot.invitation, expires_at=timezone.now() + timedelta(days=1))
    page.unroute("**/uploads/*")
    page.goto(f"/i/{token(Shoot.objects.get(pk=shoot.pk))}/")
    expect(page.locator(".photo")).to_have_count(1)
    none_kept_on_device(page)
    context.close()


def test_no_photo_stays_on_the_device_of_who_has_handed_in_or_left(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    world = make_world()
    shoot, colleague = world.shoot(State.COLLECTING), world.shoot(State.COLLECTING)
    context = browser.new_context(viewport=PHONE, base_url=site)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    broken_off(page, shoot, tmp_path / "me.jpg")
    # On a shared device somebody else's page neither sends it nor takes it away.
    page.goto("about:blank")
    page.unroute("**/uploads/*")
    page.goto(f"/i/{token(colleague)}/")
    page.wait_for_load_state("networkidle")
    assert kept_on_device(page) == 1
    assert not Selfie.objects.exists()
    withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    page.goto(f"/i/{token(shoot)}/")
    expect(page.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    none_kept_on_device(page)
    # Of somebody who never comes back it goes, too, a week later.
    broken_off(page, colleague, tmp_path / "other.jpg")
    page.clock.set_fixed_time(timezone.now() + timedelta(days=8))
    page.goto(f"/i/{token(shoot)}/")
    expect(page.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    none_kept_on_device(page)
    context.close()


def test_a_phone_of_some_years_ago_uploads_too(opened: Open, tmp_path: Path) -> None:
    """Safari has `AbortSignal.timeout` since iOS 16."""
    shoot = make_world().shoot(State.COLLECTING)
    photo = tmp_path / "me.jpg"
    photo.write_bytes(jpeg_of(portrait(700)))
    page = opened(PHONE)
    page.add_init_script("delete AbortSignal.timeout")
    page.goto(f"/i/{token(shoot)}/")
    page.locator("#photos-input").set_input_files(photo)
    expect(page.locator(".photo")).to_have_count(1)


def test_ten_files_of_which_one_is_broken_keep_nine(opened: Open, tmp_path: Path) -> None:
    shoot = make_world().shoot(State.COLLECTING)
    files = []
    for number in range(9):
        file = tmp_path / f"{number}.jpg"
        file.write_bytes(jpeg_of(otherwise(number).resize((300, 300))))
        files.append(file)
    broken = tmp_path / "holiday.jpg"
    broken.write_text("no picture at all")
    page = opened(PHONE)
    page.goto(f"/i/{token(shoot)}/")
    page.locator("#photos-input").set_input_files([*files[:4], broken, *files[4:]])
    expect(page.locator(".photo")).to_have_count(9)
    expect(page.locator("#sending .wrong")).to_contain_text("holiday.jpg")


def test_who_chooses_too_many_sends_no_more_than_there_is_room_for(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selfies, "MOST", 2)
    shoot = make_world().shoot(State.COLLECTING)
    files = []
    for number in range(5):
        file = tmp_path / f"{number}.jpg"
        file.write_bytes(jpeg_of(otherwise(number).resize((300, 300))))
        files.append(file)
    page = opened(PHONE)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "?at=" in request.url else None)
    page.goto(f"/i/{token(shoot)}/")
    page.locator("#photos-input").set_input_files(files)
    refused = page.locator("#sending .wrong")
    expect(refused).to_have_text(
        "2.jpg: there are 2 photos already, which is plenty. Remove one first. "
        "2 more photos were not sent."
    )
    expect(page.locator(".photo")).to_have_count(2)
    expect(page.locator("#sending li")).to_have_count(1)
    assert len(sent) == 2
    # Nor does a reload begin with them again.
    page.reload()
    expect(page.locator(".photo")).to_have_count(2)
    expect(page.locator("#sending li")).to_have_count(0)


def test_a_poll_that_is_answered_late_takes_no_photo_along(opened: Open, tmp_path: Path) -> None:
    shoot = make_world().shoot(State.COLLECTING)
    files = []
    for number in range(5):
        file = tmp_path / f"{number}.jpg"
        file.write_bytes(jpeg_of(otherwise(number).resize((300, 300))))
        files.append(file)
    page = opened(PHONE)
    # Only htmx's own requests name the part they replace; each answer to one comes after the next
    # photo has already been shown.
    held: list[Route] = []
    page.route(
        "**/live",
        lambda route: (
            held.append(route) if "hx-target" in route.request.headers else route.continue_()
        ),
    )
    page.goto(f"/i/{token(shoot)}/")
    page.locator("#photos-input").set_input_files(files[0])
    expect(page.locator(".photo")).to_have_count(1)
    expect(page.locator("#live.htmx-request")).to_be_attached()
    asked = held.copy()
    page.locator("#photos-input").set_input_files(files[1:])
    expect(page.locator(".photo").nth(1)).to_be_attached()
    for route in asked:
        route.fulfill(
            status=200,
            content_type="text/html",
            body='<div id="live"><form id="uploader" hx-preserve></form></div>',
        )
    expect(page.locator(".photo")).to_have_count(5)
    expect(page.locator("#photos-input")).to_be_attached()


def test_the_page_speaks_the_language_of_the_roster_until_another_is_chosen(opened: Open) -> None:
    shoot = make_world().shoot(State.CHOOSING)
    shoot.employee.language = "de"
    shoot.employee.save()
    page = opened(PHONE)
    page.goto(f"/i/{token(shoot)}/")
    assert page.locator("html").get_attribute("lang") == "de"
    page.locator(".languages summary").click()
    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.wait_for_load_state()
    page.locator(".languages summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Which one is you?")).to_be_visible()


def test_opting_out_then_initials(opened: Open) -> None:
    shoot = make_world().shoot(State.COLLECTING)
    page = opened(PHONE)
    page.goto(f"/i/{token(shoot)}/")
    page.get_by_role("button", name="Opt out").click()
    page.get_by_role("dialog").get_by_role("button", name="Opt out").click()
    expect(page.get_by_role("heading", name="You have opted out")).to_be_visible()
    page.get_by_role("button", name="Use my initials").click()
    expect(page.get_by_text("Being made")).to_be_visible()
    drain()
    picture = page.get_by_role("img", name="What stands beside the others")
    expect(picture).to_be_visible()
    assert picture.evaluate("p => p.decode().then(() => p.naturalWidth)") > 100
    assert barriers(page) == []
    page.get_by_role("button", name="Take it back").click()
    expect(picture).to_be_hidden()


def test_every_component_in_every_state(opened: Open) -> None:
    page = opened(DESK)
    sign_in(page, make_world().owner.email)
    page.goto("/components")
    assert fits(page)
    assert barriers(page) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert fits(page)


@pytest.mark.skipif(SCRIPT is None, reason="axe-core is not there: `make axe` fetches it with npm")
@pytest.mark.parametrize("state", [State.INVITED, State.COLLECTING, State.CHOOSING])
def test_pages_of_employees_have_no_barriers_in_the_dark(
    browser: Browser, site: str, state: State
) -> None:
    shoot = bring(make_world().shoot(), state)
    context = browser.new_context(
        viewport=PHONE,  # type: ignore[arg-type]
        base_url=site,
        color_scheme="dark",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"/i/{token(shoot)}/")
    assert barriers(page) == []
    context.close()
