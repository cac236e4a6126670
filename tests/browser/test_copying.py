"""Texts and secrets are copied with one press."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from generation.models import State
from tests.browser.conftest import DESK, Open, sign_in
from tests.world import bring, make_world


def copied(page: Page, part: str) -> None:
    """Press the button that copies a part, and look at what one would paste."""
    button = page.locator(f"[data-copy={part}]")
    expect(button).to_have_text("Copy")
    button.click()
    expect(button).to_have_text("Copied")
    text = page.locator(f"#{part}").evaluate("part => part.value ?? part.textContent")
    assert len(text) > 20
    page.evaluate(
        """() => { const field = document.createElement('textarea'); field.id = 'pasted';
          document.body.append(field); field.focus(); }"""
    )
    page.keyboard.press("Control+V")
    pasted = page.locator("#pasted")
    expect(pasted).to_have_value(text)
    pasted.evaluate("field => field.remove()")
    expect(button).to_have_text("Copy")


@pytest.mark.parametrize("clipboard", [True, False], ids=["clipboard", "none without https"])
def test_a_secret_and_a_text(opened: Open, clipboard: bool) -> None:
    world = make_world()
    order = world.order(1)
    bring(order.shoots.get(), State.DELIVERED)
    slug = world.organisation.slug
    page = opened(DESK)
    if not clipboard:
        page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    sign_in(page, world.owner.email)
    page.goto(reverse("webhook_endpoint", args=[slug, world.endpoint().pk]))
    page.get_by_role("button", name="Show it").click()
    copied(page, "secret")
    page.goto(reverse("order_delivery", args=[slug, order.pk]))
    copied(page, "disclosure-en")
