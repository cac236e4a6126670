"""Every page on a phone and at a desk: nothing sticks out, everything has a name."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from accounts.models import RosterImport, User
from accounts.staff.roster_imports import map_columns
from generation.models import State
from tests.browser.barriers import barriers
from tests.browser.conftest import DESK, PHONE, Open, fits, sign_in
from tests.world import World, bring, make_user, make_world, token

UNNAMED = """() => {
  const hidden = (part) => part.closest('[aria-hidden=true], [hidden]') || part.type === 'hidden';
  const text = (part) => (part.getAttribute('aria-label') || part.textContent || '').trim();
  const found = [];
  for (const part of document.querySelectorAll('input, select, textarea'))
    if (!hidden(part) && !part.labels?.length && !part.getAttribute('aria-label'))
      found.push(part.outerHTML);
  for (const part of document.querySelectorAll('a, button, summary'))
    if (!hidden(part) && !text(part) && !part.querySelector('img[alt]:not([alt=""])'))
      found.push(part.outerHTML);
  for (const part of document.querySelectorAll('img:not([alt])')) found.push(part.outerHTML);
  for (const part of document.querySelectorAll('progress:not([aria-label], [aria-labelledby])'))
    found.push(part.outerHTML);
  const ids = [...document.querySelectorAll('[id]')].map((part) => part.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push('twice: ' + id);
  return found;
}"""


def holds(page: Page, path: str, *, dark: bool = False, found: bool = True) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    answer = page.goto(path)
    assert answer
    assert answer.status < 500, path
    assert (answer.status != 404) is found, path
    assert fits(page), f"{path} is wider than a phone"
    assert page.locator("h1").count() == 1, path
    assert page.locator("main").count() == 1, path
    assert page.title(), path
    assert page.evaluate(UNNAMED) == [], path
    assert barriers(page) == [], path
    if dark:
        # Opened anew, as whoever has a dark device does.
        page.emulate_media(color_scheme="dark")
        page.goto(path)
        assert barriers(page) == [], f"{path} in the dark"
        page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    assert fits(page), f"{path} is wider than a desk"
    assert barriers(page) == [], f"{path} at a desk"


@pytest.fixture
def full() -> World:
    """An organisation with something in each state, and a name that is too long for a line."""
    world = make_world(credits=20)
    world.organisation.name = "Thunderbird Consulting and Sons International"
    world.organisation.save()
    order = world.order(6)
    states = (
        State.DELIVERED,
        State.APPROVING,
        State.CHOOSING,
        State.TRAINING,
        State.COLLECTING,
        State.INVITED,
    )
    for shoot, state in zip(order.shoots.all(), states, strict=True):
        bring(shoot, state)
    return world


def paths(world: World) -> list[str]:
    inside = f"/o/{world.organisation.slug}"
    order = world.organisation.orders.get()
    shoots = [f"{inside}/shoots/{shoot.pk}" for shoot in order.shoots.all()]
    names = ("", "/roster", "/roster?q=nobody", "/roster/upload", "/looks", "/orders/new")
    more = ("/members", "/audit", "/credits", "/roster/add", *roster_files(world))
    rest = [f"{inside}/orders/{order.pk}{part}" for part in ("", "/wall")]
    return [f"{inside}{name}" for name in (*names, *more)] + shoots + rest


def roster_files(world: World) -> list[str]:
    """A person's page, and a file at each step of its way into the roster."""
    person = world.people[0]
    text = (
        "Email,First name,Title,Cost centre of the business unit,Language\n"
        f"{person.email},Ada,{'Head of everything ' * 6},4711,Klingon\n"
        "no address,B,,,\nnew.person.with.a.long.address@x.example,C,D,,\n"
    )
    found = [world.roster_file(text) for _ in range(3)]
    meanings = ["email", "first_name", "title", "attribute", "language"]
    for file in found[1:]:
        map_columns(actor=world.actor, roster_import=file, meanings=meanings, mark_leavers=True)
    RosterImport.objects.filter(pk=found[2].pk).update(state="checking", done=1)
    return [
        f"/roster/people/{person.pk}",
        *(f"/roster/files/{file.pk}" for file in found),
        f"/roster/files/{found[1].pk}?show=changed",
        "/roster?status=left",
    ]


def test_an_administrators_pages(opened: Open, full: World) -> None:
    page = opened(DESK)
    sign_in(page, full.owner.email)
    for path in [*paths(full), "/account/logout/", "/account/password/change/"]:
        holds(page, path)


def test_an_employees_pages(opened: Open, full: World) -> None:
    page = opened(PHONE)
    for shoot in full.organisation.orders.get().shoots.all():
        holds(page, f"/i/{token(shoot)}/")
    holds(page, f"/i/{token(shoot)}/data")
    holds(page, "/i/no-such-link/", found=False)


def test_a_newcomers_pages(opened: Open) -> None:
    page = opened(DESK)
    for path in ("/", "/account/login/", "/account/signup/", "/account/password/reset/"):
        holds(page, path)
    holds(page, "/no", found=False)
    empty = make_world(name="Empty", credits=0)
    empty.look.delete()
    sign_in(page, empty.owner.email)
    inside = f"/o/{empty.organisation.slug}"
    for path in ("", "/roster", "/looks", "/orders/new", "/members", "/audit", "/credits"):
        holds(page, inside + path)
    stranger: User = make_user("new@nowhere.example")
    other = opened(PHONE)
    sign_in(other, stranger.email)
    holds(other, "/organisations/new")
