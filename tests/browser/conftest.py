"""A real Chromium, and pages that are watched while they are used."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.browser import barriers
from tests.tools import CHROMIUM
from tests.world import PASSWORD

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
# Ends only what would never come; a slow machine needs longer than a person would.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
# A refused form answers 4xx and Chromium says so; that is how it should be.
EXPECTED = re.compile(r"status of 4\d\d")


def _once_parsed(act: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(act)
    def acts(self: Locator, *args: Any, **options: Any) -> Any:
        self.page.wait_for_load_state("domcontentloaded")
        return act(self, *args, **options)

    return acts


# Playwright acts as soon as something is there to act on. Deferred scripts listen only once the
# page is parsed, and what a person would try again is tried once here.
for _act in (
    "check",
    "click",
    "fill",
    "focus",
    "hover",
    "press",
    "select_option",
    "set_checked",
    "set_input_files",
    "uncheck",
):
    setattr(Locator, _act, _once_parsed(getattr(Locator, _act)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            if not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group("browser"))
            if CHROMIUM is None:
                item.add_marker(
                    pytest.mark.skip(
                        reason="no Chromium found: install the system's package “chromium”"
                    )
                )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright runs a loop in this thread; what the tests ask of the database is no coroutine.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture(autouse=True)
def looked_for_barriers() -> Iterator[None]:
    """Says of each test that would have looked for barriers that it did not."""
    yield
    if missed := len(barriers.NOT_LOOKED_AT):
        barriers.NOT_LOOKED_AT.clear()
        pytest.skip(
            f"{missed} looks for barriers left out: axe-core is not there; `make axe` has npm "
            "fetch it"
        )


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """Where the site answers; links in mail lead there."""
    settings.SITE_URL = str(live_server.url)
    settings.DEMO = False
    return settings.SITE_URL


Open = Callable[..., Page]


@pytest.fixture
def other_hosts() -> tuple[str, ...]:
    """What addresses of other hosts begin with that a test's pages may ask besides."""
    return ()


@pytest.fixture
def opened(browser: Browser, site: str, other_hosts: tuple[str, ...]) -> Iterator[Open]:
    """Open a watched page of somebody's own browser: `opened(DESK)`.

    A script error, a resource that is missing or anything that the content security policy
    refuses fails the test, whatever it is about.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def heard(kind: str, text: str) -> None:
        if kind == "error" and not EXPECTED.search(text):
            complaints.append(text)

    def make(viewport: dict[str, int], *, scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            base_url=site,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard(message.type, message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((site, "data:", "blob:", *other_hosts))
                else complaints.append(f"asked another host: {request.url}")
            ),
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page, email: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/(o|organisations|home)"))


def newest_mail(to: str) -> str:
    """The text of the newest mail to an address."""
    found = [message for message in mail.outbox if to in message.to]
    assert found, f"no mail to {to}; there is mail to {[m.to for m in mail.outbox]}"
    return str(found[-1].body)


def link_in(text: str) -> str:
    found = re.search(r"https?://\S+", text)
    assert found, text
    return found.group()


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return bool(width <= 0)
