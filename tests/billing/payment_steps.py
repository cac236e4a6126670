"""Steps that tests of payments share."""

from __future__ import annotations

from typing import Any

from billing import ledger
from billing.models import Purchase
from tests.browser.queue import drain
from tests.stand_in import ACCEPTED, Shop, buy
from tests.world import World


def credits(world: World) -> tuple[int, int]:
    """What is free and what is owed."""
    balance = ledger.balance(organisation=world.organisation)
    return balance.available, balance.debt


def told(shop: Shop) -> None:
    """Stripe tells us what is new, and the cluster reads it."""
    assert set(shop.deliver()) <= {200}
    drain()


def bought(world: World, shop: Shop, number: int = 20, card: str = ACCEPTED) -> Purchase:
    purchase = buy(world, number)
    assert shop.pay(purchase, card)[0] == 303
    told(shop)
    purchase.refresh_from_db()
    return purchase


def refund(shop: Shop, purchase: Purchase, cents: int | None = None) -> str:
    asked: Any = {"payment_intent": purchase.payment_intent_id}
    return shop.api.v1.refunds.create(params=asked | ({"amount": cents} if cents else {})).id


def spend(world: World, amount: int) -> None:
    """As for headshots that were approved."""
    how = {"actor": world.actor, "organisation": world.organisation, "source_key": "shoot"}
    ledger.hold(amount=amount, **how)
    ledger.capture(**how)
