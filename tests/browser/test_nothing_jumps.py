"""Nothing jumps while a page loads over a slow line, nor when it follows what happens."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from generation.models import State
from tests.browser.conftest import DESK, PHONE, Open, sign_in
from tests.browser.late_scripts import opened_before_scripts
from tests.world import World, bring, give_files, give_selfies, make_world, sign, token

# What web vitals call good; theirs is the worst five seconds, this is all of it.
GOOD = 0.1
WATCH = """() => {
  window.jumps = [];
  const name = (node) => {
    const e = node && (node.nodeType === 1 ? node : node.parentElement);
    return e ? `${e.localName}#${e.id}.${e.className}` : '?';
  };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      window.jumps.push([entry.value, entry.sources.map((one) => name(one.node))]);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}"""
PLACES = """() => {
  window.places = [...document.querySelectorAll('main *')].filter((one) => one.checkVisibility())
    .map((one) => [one, one.getBoundingClientRect().top]);
}"""
# A line of text that is longer by a word may break once more; nothing else moves.
MOVED = """() => places.filter(([one]) => one.isConnected && one.checkVisibility())
  .map(([one, top]) => [one.getBoundingClientRect().top - top, `${one.localName}#${one.id}`])
  .filter(([by]) => Math.abs(by) > 30).slice(0, 5)"""
# To the end and back, so that what is only fetched when it is near is fetched.
SCROLL = """async () => {
  const step = () => new Promise((done) => { setTimeout(done, 25); });
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await step();
  }
  scrollTo(0, 0);
  await step();
}"""


def watched(page: Page) -> Page:
    """Watch every page from its start, over a line that lets one see it come."""
    page.add_init_script(f"({WATCH})()")
    line = page.context.new_cdp_session(page)
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 60, "downloadThroughput": 400_000, "uploadThroughput": 4e5},
    )
    return page


def jumps(page: Page) -> list[Any]:
    found: list[Any] = page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() =>"
        " done(window.jumps), 60)))"
    )
    return found


def late(page: Page, path: str) -> list[Any]:
    """Open `path`, its scripts last of all: they come once it has been painted. What they moved.

    Chromium does not count everything of this as a layout shift, so places are compared.
    """
    with opened_before_scripts(page, path):
        page.evaluate(PLACES)
    moved: list[Any] = page.evaluate(MOVED)
    return moved


def loads(page: Page, path: str, follow: str = "") -> list[Any]:
    """What jumped, if too much did, until everything is there; with `follow`, until the page has
    asked there for news once."""
    if follow:
        with page.expect_response(lambda answer: follow in answer.url and answer.status == 200):
            moved = late(page, path)
    else:
        moved = late(page, path)
    page.evaluate(SCROLL)
    page.wait_for_function(
        "() => [...document.images].every((one) => one.complete || !one.checkVisibility())"
    )
    found = jumps(page)
    return moved or (found if sum(value for value, _where in found) >= GOOD else [])


@pytest.fixture
def full() -> World:
    """An organisation with something to see in each state."""
    world = make_world(credits=60)
    world.hire(60)
    order = world.order(5)
    states = (State.DELIVERED, State.APPROVING, State.CHOOSING, State.TRAINING, State.INVITED)
    for shoot, state in zip(order.shoots.all(), states, strict=True):
        bring(shoot, state)
    give_files(order.shoots.get(state=State.DELIVERED), ("portrait", "square"))
    return world


def members_pages(world: World) -> list[tuple[str, str]]:
    inside = f"/o/{world.organisation.slug}"
    order = world.organisation.orders.get()
    shoots = {shoot.state: shoot.pk for shoot in order.shoots.all()}
    return [
        (inside, ""),
        (f"{inside}/roster", ""),
        (f"{inside}/roster/upload", ""),
        (f"{inside}/orders/new", ""),
        (f"{inside}/orders/{order.pk}", "/live"),
        (f"{inside}/orders/{order.pk}/wall", ""),
        (f"{inside}/orders/{order.pk}/delivery", ""),
        (f"{inside}/shoots/{shoots[State.CHOOSING]}", ""),
        (f"{inside}/shoots/{shoots[State.DELIVERED]}", ""),
        (f"{inside}/looks", ""),
        (f"{inside}/looks/{world.look.pk}/finish", ""),
        (f"{inside}/members", ""),
        (f"{inside}/credits", ""),
        (f"{inside}/credits/usage", ""),
        (f"{inside}/audit", ""),
    ]


def all_still(page: Page, places: list[tuple[str, str]]) -> None:
    wrong = {}
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for path, follow in places:
            if found := loads(page, path, follow):
                wrong[path, size["width"]] = found
    assert wrong == {}


def test_members_pages_stand_still(opened: Open, full: World) -> None:
    page = opened(DESK)
    sign_in(page, full.owner.email)
    all_still(watched(page), members_pages(full))


def test_employees_pages_stand_still(opened: Open, full: World) -> None:
    places = []
    for shoot in full.organisation.orders.get().shoots.all():
        follow = "/live" if shoot.state == State.TRAINING else ""
        places.append((f"/i/{token(shoot)}/", follow))
    collecting = full.shoot()
    sign(collecting)
    give_selfies(collecting, 4)
    collecting.selfies.filter(name="3.jpg").update(verdict="checking")
    places += [
        (f"/i/{token(collecting)}/", "/live"),
        (f"/i/{token(shoot)}/data", ""),
        ("/i/no-such-link/", ""),
    ]
    all_still(watched(opened(PHONE)), places)


def test_a_strangers_pages_stand_still(opened: Open, db: None) -> None:
    places = ("/", "/pricing", "/account/login/", "/account/signup/", "/verify")
    all_still(watched(opened(PHONE)), [(path, "") for path in places])


def test_a_jump_would_be_seen(opened: Open) -> None:
    page = watched(opened(PHONE))
    page.goto("/")
    assert sum(value for value, _where in jumps(page)) < GOOD
    page.evaluate(
        """() => { const late = document.createElement('div'); late.style.height = '400px';
          document.querySelector('main').prepend(late); }"""
    )
    assert sum(value for value, _where in jumps(page)) >= GOOD
