"""Buttons that say nothing when they are pressed."""

from __future__ import annotations

from playwright.sync_api import Page

# Presses every button that sends something, and looks at it before anything else can happen: no
# frame is drawn and no answer can come between the two.
_PRESS = """() => {
  // Comes after the page's own listener; nothing is really sent.
  window.addEventListener('submit', (event) => event.preventDefault());
  // A question that the browser asks first is an answer, too; here it is always yes.
  window.confirm = () => true;
  const silent = [];
  for (const form of document.forms) {
    // One that asks by itself while it is filled in has answered before its button is pressed.
    if (form.getAttribute('method') === 'dialog' || form.hasAttribute('hx-get')) continue;
    form.noValidate = true;
    for (const button of form.elements) {
      if (button.type !== 'submit' || button.disabled || button.closest('noscript')) continue;
      const before = button.textContent.trim();
      delete form.dataset.sent;
      button.click();
      const now = button.textContent.trim();
      if (button.getAttribute('aria-busy') !== 'true' || !now || now === before)
        silent.push(button.outerHTML.slice(0, 200));
    }
  }
  return silent;
}"""


def silent(page: Page) -> list[str]:
    """Press whatever sends a form of this page, none of which goes anywhere, and return what did
    not say at once that it is busy, and with what. The page is used up by it."""
    found: list[str] = page.evaluate(_PRESS)
    return found
