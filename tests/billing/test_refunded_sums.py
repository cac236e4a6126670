"""How much of a purchase went back: kept, shown, and counted in what a credit brought."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from billing import price_tables, revenue
from billing.models import Purchase
from billing.payments import catalogue, fulfilment, reconcile
from headshots.lib.money import money
from tests.billing.payment_steps import bought, credits, refund, told
from tests.browser.queue import drain
from tests.stand_in import DISPUTED, Shop
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
WITHOUT_A_WORD = -1  # days: of nothing that happened


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def shop(stocked: Shop) -> Shop:
    return stocked


def fees(*cents: int) -> float:
    table = price_tables.in_force()
    percent, fixed = float(table.payment_percent) / 100, float(table.payment_fixed)
    return sum(one * percent + fixed for one in cents)


def of_a_credit(world: World) -> Any:
    found = revenue.of_a_credit(world.organisation)
    return found.cents, found.fee, found.bought


def list_price() -> Any:
    single = catalogue.CREDITS.cents(1)
    return single, pytest.approx(fees(single)), False


@pytest.mark.parametrize("cents", [1, 7_000, 17_333, 51_999])
def test_of_a_part_refund_counts_what_is_kept(world: World, shop: Shop, cents: int) -> None:
    purchase = bought(world, shop, 20)
    assert purchase.refunded_cents == 0
    refund(shop, purchase, cents)
    told(shop)
    purchase.refresh_from_db()
    assert (purchase.state, purchase.refunded_cents) == (Purchase.State.PART_REFUNDED, cents)
    left = credits(world)[0]
    assert of_a_credit(world) == (
        (purchase.cents - cents) / left,
        pytest.approx(fees(purchase.cents) / left),
        True,
    )


def test_the_fee_of_a_whole_refund_is_borne_by_the_credits_that_are_left(
    world: World, shop: Shop
) -> None:
    gone, kept = bought(world, shop, 20), bought(world, shop, 10)
    refund(shop, gone, 20_000)
    refund(shop, gone)
    told(shop)
    gone.refresh_from_db()
    assert (gone.state, gone.refunded_cents) == (Purchase.State.REFUNDED, gone.cents)
    fee = pytest.approx(fees(gone.cents, kept.cents) / 10)
    assert of_a_credit(world) == (kept.cents / 10, fee, True)
    refund(shop, kept)
    told(shop)
    assert of_a_credit(world) == list_price()


def test_what_is_disputed_brought_nothing_yet(world: World, shop: Shop) -> None:
    purchase = bought(world, shop, 20, DISPUTED)
    assert (purchase.state, purchase.refunded_cents) == (Purchase.State.DISPUTED, 0)
    assert of_a_credit(world) == list_price()


def test_a_refund_that_failed_did_not_go_back(world: World, shop: Shop) -> None:
    purchase = bought(world, shop, 20)
    failing = refund(shop, purchase, 13_000)
    refund(shop, purchase, 5_000)
    told(shop)
    purchase.refresh_from_db()
    assert purchase.refunded_cents == 18_000
    shop.does("refund_fails", failing)
    told(shop)
    purchase.refresh_from_db()
    assert (purchase.state, purchase.refunded_cents) == (Purchase.State.PART_REFUNDED, 5_000)

    again = bought(world, shop, 10)
    failing = refund(shop, again)
    told(shop)
    shop.does("refund_fails", failing)
    told(shop)
    again.refresh_from_db()
    assert (again.state, again.refunded_cents) == (Purchase.State.PAID, 0)
    assert of_a_credit(world) == (
        (purchase.cents - 5_000 + again.cents) / credits(world)[0],
        pytest.approx(fees(purchase.cents, again.cents) / credits(world)[0]),
        True,
    )


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


def test_pages_say_how_much_went_back_where_anything_did(
    world: World, shop: Shop, client: Client
) -> None:
    purchase = bought(world, shop, 20)
    slug = world.organisation.slug
    pages = (reverse("invoices", args=[slug]), reverse("bought", args=[slug, purchase.pk]))
    client.force_login(world.owner)
    said = [client.get(page).content.decode() for page in pages]
    assert not any("refunded" in page.lower() for page in said)
    refund(shop, purchase, 13_050)
    fulfilment.fulfil(source_id=purchase.session_id or "")
    listed, one = (client.get(page).content.decode() for page in pages)
    assert f"{money(13_050)} refunded" in listed
    assert f'<dt class="soft">Refunded</dt><dd class="push number">{money(13_050)}</dd>' in one
