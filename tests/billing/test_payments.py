"""Buying credits, against the stand-in as a process of its own."""

from __future__ import annotations

import pytest

from billing import ledger
from billing.models import CreditEntry, Purchase
from billing.payments import catalogue, purchases
from tests.browser.queue import drain
from tests.stand_in import Shop, buy
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    return shop.open()


def free(world: World) -> int:
    return ledger.balance(organisation=world.organisation).available


def test_a_paid_checkout_brings_its_credits_once(world: World, shop: Shop) -> None:
    before = free(world)
    purchase = buy(world, 25)
    status, where = shop.pay(purchase)
    assert status == 303
    assert where.endswith(f"/credits/bought/{purchase.pk}")
    assert set(shop.deliver()) == {200}
    drain()
    purchases.came_back(purchase=purchase)
    purchase.refresh_from_db()
    assert free(world) == before + 25
    assert purchase.state == Purchase.State.PAID
    assert purchase.cents == catalogue.CREDITS.cents(25) == 25 * 2300
    assert purchase.pdf_url.startswith(shop.address)
    assert purchase.receipt_url.startswith(shop.address)
    entries = CreditEntry.objects.filter(source_key=f"checkout:{purchase.session_id}")
    assert [entry.amount for entry in entries] == [25]
