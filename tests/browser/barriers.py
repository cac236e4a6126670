"""What axe-core finds on a page. It comes from npm, for tests alone (`make axe`)."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.tools import AXE as SCRIPT

_RUN = """() => axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'],
}).then((found) => found.violations
  .filter((rule) => ['serious', 'critical'].includes(rule.impact))
  .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`)))
"""
_SETTLED = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  .then(() => Promise.all(document.getAnimations().map((one) => one.finished)))"""


# Pages that would have been looked at, had axe-core been there.
NOT_LOOKED_AT: list[str] = []


def barriers(page: Page) -> list[str]:
    """Serious and critical findings. Where axe-core is not there, none; then the test is reported
    as skipped besides (tests.browser.conftest)."""
    if SCRIPT is None:
        NOT_LOOKED_AT.append(page.url)
        return []
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(SCRIPT.read_text("utf-8"))
    # Colours that are still on their way are no colours to judge.
    page.evaluate(_SETTLED)
    found: list[str] = page.evaluate(_RUN)
    return found
