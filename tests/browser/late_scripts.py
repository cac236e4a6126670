"""Scripts that come last of all, as on a slow line: what is there before them, and what they do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route

SCRIPTS = "**/*.js"


@contextmanager
def opened_before_scripts(page: Page, path: str) -> Iterator[None]:
    """`path`, painted and whole but for its scripts; they run when the block ends."""
    held: list[Route] = []
    page.route(SCRIPTS, lambda script: held.append(script))
    page.goto(path, wait_until="commit")
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    page.wait_for_selector("#voice", state="attached")  # What follows it are scripts alone.
    yield
    page.route(SCRIPTS, lambda script: script.continue_())
    for script in held:
        script.continue_()
    page.wait_for_load_state("load")
    page.unroute(SCRIPTS)
