"""What somebody sees on their way: each page that they come past is looked at."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from tests.browser.barriers import barriers
from tests.browser.conftest import DESK, PHONE, fits
from tests.browser.test_pages_hold import UNNAMED


def holds(page: Page) -> None:
    """Nothing sticks out of the page that is open and nothing is in the way, on a phone and at a
    desk; then it is as wide as before."""
    before = page.viewport_size
    page.wait_for_load_state()
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert fits(page), f"{page.url} at {size['width']}"
        assert barriers(page) == [], f"{page.url} at {size['width']}"
    assert page.evaluate(UNNAMED) == [], page.url
    assert page.locator("h1").count() == 1, page.url
    if before:
        page.set_viewport_size(before)


def code_in(text: str) -> str:
    """The code in a mail: alone on its line, or where the sentence names it."""
    found = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", text, re.MULTILINE) or re.search(
        r"code is ([A-Z0-9-]+)\.", text
    )
    assert found, text
    return found.group(1)
