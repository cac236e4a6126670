"""Looking for barriers finds them, and says so where it cannot look."""

from __future__ import annotations

import pytest

from tests.browser import barriers
from tests.browser.conftest import DESK, Open
from tests.browser.test_pages_hold import holds

WRONG = """() => {
  const main = document.querySelector('main');
  const picture = document.createElement('img');
  picture.src = 'data:,';
  main.append(picture);
}"""


@pytest.mark.skipif(barriers.SCRIPT is None, reason="axe-core is not there: see `make axe`")
def test_a_barrier_is_found(opened: Open) -> None:
    page = opened(DESK)
    page.goto("/pricing")
    assert barriers.barriers(page) == []
    page.evaluate(WRONG)
    assert any(found.startswith("image-alt") for found in barriers.barriers(page))


def test_a_page_is_looked_at_on_a_phone_in_the_dark_and_at_a_desk(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths: list[int] = []
    monkeypatch.setattr(
        "tests.browser.test_pages_hold.barriers",
        lambda page: widths.append(page.viewport_size["width"]) or [],
    )
    holds(opened(DESK), "/pricing", dark=True)
    assert widths == [390, 390, 1440]


def test_what_was_not_looked_at_is_noted(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(DESK)
    page.goto("/pricing")
    monkeypatch.setattr(barriers, "SCRIPT", None)
    assert barriers.barriers(page) == []
    assert [page.url] == barriers.NOT_LOOKED_AT
    # Else this test would be reported as skipped, as is meant.
    barriers.NOT_LOOKED_AT.clear()
