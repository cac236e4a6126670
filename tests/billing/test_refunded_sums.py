"""How much of a purchase went back, as it is kept."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from billing.models import Purchase
from billing.payments import reconcile
from tests.billing.payment_steps import bought, refund, told
from tests.browser.queue import drain
from tests.stand_in import Shop
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
WITHOUT_A_WORD = -1  # days: of nothing that happened


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def shop(stocked: Shop) -> Shop:
    return stocked


def test_never_more_than_was_paid_goes_back(world: World) -> None:
    purchase = world.purchase()
    with pytest.raises(IntegrityError, match="refunded_at_most_paid"), transaction.atomic():
        Purchase.objects.filter(pk=purchase.pk).update(refunded_cents=purchase.cents + 1)


def test_the_night_asks_once_how_much_of_an_old_refund_went_back(world: World, shop: Shop) -> None:
    """From before it was kept, and longer ago than Stripe's events are read."""
    part, whole, paid = (bought(world, shop, number) for number in (20, 10, 5))
    refund(shop, part, 13_000)
    refund(shop, whole)
    told(shop)
    Purchase.objects.update(refunded_cents=0)
    assert reconcile.reconcile(days=WITHOUT_A_WORD) > 0
    drain()
    for purchase, cents in ((part, 13_000), (whole, whole.cents), (paid, 0)):
        purchase.refresh_from_db()
        assert purchase.refunded_cents == cents
    assert reconcile.reconcile(days=WITHOUT_A_WORD) == 0


def test_whole_refunds_are_known_as_soon_as_it_is_migrated(world: World) -> None:
    states = ("paid", "part_refunded", "refunded", "disputed")
    for state in states:
        Purchase.objects.filter(pk=world.purchase().pk).update(state=state)
    import_module("billing.migrations.0011_what_was_refunded").whole_ones(apps, None)
    found = dict(Purchase.objects.values_list("state", "refunded_cents"))
    assert found == dict.fromkeys(states, 0) | {"refunded": 5 * 2900}
