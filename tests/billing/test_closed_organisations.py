"""An organisation that has closed owes nothing that it can still pay, and is charged no more."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from structlog.testing import capture_logs

from accounts.models import AuditEntry, Organisation
from billing.models import Purchase
from billing.payments import invoices, purchases, top_ups, turns
from generation import tasks
from generation.leaving import closing
from tests.billing.payment_steps import credits, told
from tests.billing.test_plans_and_invoices import subscribe
from tests.billing.test_top_ups import set_up, store_card
from tests.stand_in import ACCEPTED, Shop, buy
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def shop(stocked: Shop) -> Shop:
    return stocked


def invoiced(world: World) -> Purchase:
    purchase = invoices.begin(actor=world.actor, organisation=world.organisation, credits=300)
    return invoices.send(purchase=purchase)


def close(world: World) -> None:
    closing.close_organisation(
        actor=world.actor, organisation=world.organisation, typed_name=world.organisation.name
    )


def states() -> set[str]:
    return set(Purchase.objects.values_list("state", flat=True))


def test_nobody_can_pay_an_invoice_or_a_checkout_of_a_closed_organisation(
    world: World, shop: Shop, settings: Any
) -> None:
    other = make_world("Other", credits=0)
    theirs = invoiced(other)
    invoice, pack, untold = invoiced(world), buy(world, 20), world.purchase()
    checkout = purchases.go_on(purchase=pack).url
    assert checkout is not None
    assert tasks.sweep()["purchases_dropped"] == 0
    close(world)
    # While Stripe is away, they wait for the next sweep.
    there = settings.STRIPE_SANDBOX
    settings.STRIPE_SANDBOX = "http://127.0.0.1:9"
    tasks.sweep()
    settings.STRIPE_SANDBOX = there
    tasks.sweep()
    assert tasks.sweep()["purchases_dropped"] == 0
    for purchase in (invoice, pack, untold):
        purchase.refresh_from_db()
        assert purchase.state == Purchase.State.DROPPED
    assert AuditEntry.objects.filter(action="purchase.dropped").count() == 3
    assert shop.api.v1.invoices.retrieve(str(invoice.invoice_id)).status == "void"
    assert shop.post(invoice.invoice_url, how="transfer")[0] != 303
    assert shop.post(checkout, number=ACCEPTED)[0] != 303
    told(shop)
    assert credits(world) == (0, 0)
    # Another's can be paid.
    assert shop.post(theirs.invoice_url, how="transfer")[0] == 303
    told(shop)
    assert credits(other) == (300, 0)


def test_what_was_paid_before_stays_paid(world: World, shop: Shop) -> None:
    purchase = invoiced(world)
    assert shop.post(purchase.invoice_url, how="transfer")[0] == 303
    # Stripe has not told us yet.
    assert states() == {Purchase.State.OPEN}
    close(world)
    assert tasks.sweep()["purchases_dropped"] == 0
    assert states() == {Purchase.State.PAID}


@pytest.mark.parametrize("how", ["late", "late_failure"])
def test_a_payment_on_its_way_is_said_before_closing_and_seen_to_afterwards(
    world: World, shop: Shop, client: Client, how: str
) -> None:
    purchase = buy(world, 20)
    shop.pay(purchase, how=how)
    told(shop)
    client.force_login(world.owner)
    page = client.get(reverse("organisation_close", args=[world.organisation.slug]))
    assert "1 payment that is on its way from a bank" in page.content.decode()
    assert closing.losses(organisation=world.organisation).unpaid == 0
    close(world)
    shop.does("settle", str(Purchase.objects.get().session_id))
    with capture_logs() as logs:
        told(shop)
        purchases.came_back(purchase=Purchase.objects.get())
    seen = [one for one in logs if one["event"] == "paid_after_closing"]
    noted = AuditEntry.objects.filter(action="purchase.paid_after_closing")
    assert len(seen) == noted.count() == (1 if how == "late" else 0)
    assert all(one["log_level"] == "error" for one in seen)


def test_a_top_up_that_waits_charges_no_card_of_a_closed_organisation(
    world: World, shop: Shop
) -> None:
    store_card(world, shop, ACCEPTED)
    set_up(world)
    assert top_ups.sweep() == 1
    purchase = Purchase.objects.get()
    close(world)
    purchase.organisation = Organisation.objects.get(pk=world.organisation.pk)
    assert top_ups.pay(purchase=purchase).state == Purchase.State.DROPPED
    assert tasks.sweep()["purchases_dropped"] == 0
    assert not shop.api.v1.payment_intents.list().data


def test_a_plan_that_ends_is_said_before_closing(world: World, shop: Shop, client: Client) -> None:
    subscribe(world, shop)
    client.force_login(world.owner)
    page = client.get(reverse("organisation_close", args=[world.organisation.slug]))
    assert "The monthly plan. It ends at once" in page.content.decode()


def test_what_cannot_be_dropped_keeps_nothing_else_waiting(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe knows nothing of the first, each time it is asked."""
    bad, good = sorted((world.purchase(), buy(world, 20)), key=lambda one: one.pk)
    Purchase.objects.filter(pk=bad.pk).update(invoice_id="in_unknown")
    close(world)
    cache.clear()
    monkeypatch.setattr(turns, "A_SWEEP", 1)
    assert [purchases.drop_of_closed() for _ in range(2)] == [0, 1]
    good.refresh_from_db()
    assert good.state == Purchase.State.DROPPED
