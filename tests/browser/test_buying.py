"""Buying, in a real browser: our pages, the stand-in's checkout and portal, its calls to us."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from billing import ledger
from billing.models import Purchase
from billing.payments.endpoint import ensure_endpoint
from generation.models import Shoot, State
from tests.browser.conftest import DESK, PATIENCE_MS, fits, sign_in
from tests.browser.queue import drain
from tests.stand_in import ACCEPTED, DECLINED, Shop
from tests.world import World, bring, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def page(browser: Browser, site: str, shop: Shop, world: World) -> Iterator[Page]:
    """The owner's browser, signed in; whatever the policy refuses fails the test."""
    shop.open()
    ensure_endpoint()
    context = browser.new_context(viewport=DESK, base_url=site, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and not re.search(r"status of 4\d\d", message.text)
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, world.owner.email)
    yield page
    context.close()
    assert complaints == []


def come(ready: Callable[[], bool], what: str) -> None:
    """Wait for the stand-in's call, and do the cluster's work."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not ready():
        assert time.monotonic() < end, f"{what} has not come"
        drain()
        time.sleep(0.1)


def free(world: World) -> int:
    return ledger.balance(organisation=world.organisation).available


def pay(page: Page, number: str = ACCEPTED, how: str = "Card") -> None:
    expect(page.get_by_role("note")).to_contain_text("No money moves here")
    page.get_by_label(how, exact=True).check()
    page.get_by_label("Card number").fill(number)
    page.get_by_role("button", name=re.compile("^(Pay|Subscribe|Store it)$")).click()


def test_credits_are_bought_with_cards_and_a_debit(page: Page, world: World, shop: Shop) -> None:
    page.get_by_role("link", name="Credits").click()
    page.get_by_role("link", name="Buy", exact=True).click()
    page.get_by_label("A department").check()
    page.get_by_role("button", name="Go to payment").click()
    pay(page, DECLINED)
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    assert free(world) == 0
    pay(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.locator("[data-credits]")).to_have_text("50 credits are yours.")
    assert free(world) == 50
    pdf = page.request.get(page.get_by_role("link", name="Invoice (PDF)").get_attribute("href"))
    assert pdf.body().startswith(b"%PDF")

    page.get_by_role("link", name="Credits").first.click()
    page.get_by_role("link", name="Buy", exact=True).click()
    page.get_by_role("radio", name=re.compile("Another number")).check()
    page.get_by_label("Another number of credits").fill("12")
    page.get_by_role("button", name="Go to payment").click()
    pay(page, how="Bank debit, settles later")
    expect(page.get_by_role("heading", name="Your payment is on its way")).to_be_visible()
    late = Purchase.objects.get(state="settling")
    shop.does("settle", late.session_id or "")
    come(lambda: free(world) == 62, "the settled debit")
    # The page that was left open has found out by itself.
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_a_plan_is_begun_and_cancelled_and_an_invoice_paid_by_transfer(
    page: Page, world: World
) -> None:
    page.get_by_role("link", name="Credits").click()
    page.get_by_role("link", name="Plan", exact=True).click()
    page.get_by_role("button", name="Go to payment").click()
    pay(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert free(world) == 10
    page.goto(f"/o/{world.organisation.slug}/plan")
    page.get_by_role("button", name="Manage the plan").click()
    page.get_by_role("button", name="Cancel the plan").click()
    expect(page.get_by_text("It ends then.")).to_be_visible()
    page.get_by_role("link", name="Return").click()
    expect(page.get_by_text("It ends on")).to_be_visible()

    page.get_by_role("link", name="Invoices").click()
    page.get_by_role("button", name="Billing details").click()
    expect(page.get_by_role("note")).to_contain_text("No money moves here")
    page.get_by_role("link", name="Return").click()

    page.get_by_role("link", name="Invoices").click()
    page.get_by_role("link", name="Buy by invoice").click()
    page.get_by_label("Credits", exact=True).fill("100")
    page.get_by_label("PO number").fill("PO-77")
    page.get_by_label("VAT number").fill("DE123456789")
    page.get_by_role("button", name="Send the invoice").click()
    expect(page.get_by_text("PO PO-77")).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="Pay", exact=True).click()
    expect(page.get_by_text("eu_vat: DE123456789")).to_be_visible()
    page.get_by_role("button", name="The transfer has arrived").click()
    expect(page.get_by_text(re.compile(", paid"))).to_be_visible()
    come(lambda: free(world) == 110, "the transfer")
    page.goto(f"/o/{world.organisation.slug}/invoices")
    expect(page.locator(".badge.good")).to_have_count(2)
    world.hire(1)
    page.goto(f"/o/{world.organisation.slug}/orders/new")
    page.get_by_role("button", name="Choose all 1").click()
    expect(page.locator("[data-count]")).to_contain_text("109 will be left")
    page.get_by_role("button", name=re.compile("^Invite 1")).click()
    page.wait_for_url("**/orders/*-*")
    shoot = Shoot.objects.get()
    bring(shoot, State.DELIVERED)
    page.goto(f"/o/{world.organisation.slug}/credits")
    expect(page.get_by_text("Held for a headshot")).to_be_visible()
    expect(page.get_by_text("Taken for an approved headshot")).to_be_visible()
    assert ledger.balance(organisation=world.organisation) == ledger.Balance(109, 0, 0)
