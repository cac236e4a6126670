"""Two read a payment at Stripe at the same time, and who read first is heard last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from billing.models import Purchase
from billing.payments import fulfilment, invoices, shapes
from tests.billing.payment_steps import bought, credits, refund, told
from tests.stand_in import DISPUTED, Shop
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def shop(stocked: Shop) -> Shop:
    return stocked


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Reads a payment at Stripe slowly: something happens, and is read by somebody else, before
    the answer that this one has got already is followed."""
    reading = shapes.read_payment

    def read_while(source_id: str, happens: Callable[[], object]) -> None:
        def slow(api: Any, asked: str) -> shapes.Payment | None:
            found = reading(api, asked)
            monkeypatch.setattr(shapes, "read_payment", reading)
            happens()
            return found

        monkeypatch.setattr(shapes, "read_payment", slow)
        fulfilment.fulfil(source_id=source_id)

    return read_while


def test_what_was_read_before_it_was_paid_does_not_make_it_unpaid_again(
    world: World, shop: Shop, meanwhile: Any
) -> None:
    """As the nightly reconcile reads while the transfer arrives."""
    purchase = invoices.send(
        purchase=invoices.begin(actor=world.actor, organisation=world.organisation, credits=50)
    )

    def pay() -> None:
        shop.post(purchase.invoice_url, how="transfer")
        told(shop)

    meanwhile(purchase.invoice_id or "", pay)
    purchase.refresh_from_db()
    assert (purchase.state, credits(world)) == (Purchase.State.PAID, (50, 0))
    assert purchase.paid_at is not None


def test_what_was_read_before_a_dispute_was_won_takes_nothing_again(
    world: World, shop: Shop, meanwhile: Any
) -> None:
    purchase = bought(world, shop, 20, DISPUTED)
    (dispute,) = shop.api.v1.disputes.list().data

    def win() -> None:
        shop.does("won", dispute.id)
        told(shop)
        assert credits(world) == (20, 0)

    meanwhile(purchase.session_id or "", win)
    purchase.refresh_from_db()
    assert (credits(world), purchase.state) == ((20, 0), Purchase.State.PAID)
    # What happens after that is followed as ever.
    refund(shop, purchase)
    told(shop)
    assert credits(world) == (0, 0)
