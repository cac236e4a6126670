"""The plan and invoices by transfer, against the stand-in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from django.utils import timezone
from djstripe.models import Subscription

from billing import ledger
from billing.models import CreditGrant, Purchase
from billing.payments import catalogue, fulfilment, invoices, plans, purchases, subscriptions
from generation.leaving import closing
from headshots.lib.problems import Problem
from tests.billing.payment_steps import credits, refund, spend, told
from tests.stand_in import DECLINED_LATER, Shop
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
INCLUDED = catalogue.PLAN.included


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def shop(stocked: Shop) -> Shop:
    return stocked


def subscribe(world: World, shop: Shop, units: int = 1) -> Purchase:
    purchase = plans.begin(actor=world.actor, organisation=world.organisation, units=units)
    assert shop.pay(purchase)[0] == 303
    told(shop)
    purchase.refresh_from_db()
    return purchase


def in_portal(world: World, shop: Shop, **form: str) -> None:
    status, said = shop.post(plans.portal_url(organisation=world.organisation), **form)
    assert status == 303, said
    told(shop)


def test_a_plan_gives_its_credits_each_month(world: World, shop: Shop) -> None:
    purchase = subscribe(world, shop, 2)
    assert credits(world) == (2 * INCLUDED, 0)
    assert (purchase.state, purchase.credits) == (Purchase.State.PAID, 2 * INCLUDED)
    state = subscriptions.plan_of(world.organisation)
    assert state is not None
    assert state.runs
    assert not state.ends
    shop.does("clock", days="32")
    told(shop)
    assert credits(world) == (4 * INCLUDED, 0)
    assert Purchase.objects.filter(kind="plan", state="paid").count() == 2
    with pytest.raises(Problem, match="have the plan already"):
        plans.begin(actor=world.actor, organisation=world.organisation, units=1)


def test_unused_credits_roll_over_up_to_the_bound(world: World, shop: Shop) -> None:
    """Whenever one looks, no more are there than the bound; each month's live as long as said,
    from when it was paid."""
    subscribe(world, shop)
    for _ in range(4):
        shop.does("clock", days="31")
    told(shop)
    grants = list(CreditGrant.objects.filter(kind="plan").order_by("expires_at"))
    assert len(grants) == 5
    begins = [
        max(line.period.start, invoice.status_transitions.paid_at or 0)
        for invoice in shop.api.v1.invoices.list().data
        for line in invoice.lines.data
    ]
    for start, expires in zip(sorted(begins), (grant.expires_at for grant in grants), strict=True):
        alive = [g for g, b in zip(grants, sorted(begins), strict=True) if b <= start]
        alive = [one for one in alive if one.expires_at.timestamp() > start]
        assert sum(one.amount for one in alive) <= catalogue.PLAN.bound
        assert 89 <= (expires.timestamp() - start) / 86_400 <= 93
    assert len({grant.expires_at for grant in grants}) == 5


def test_a_month_that_is_paid_late_has_all_its_time_from_then(world: World, shop: Shop) -> None:
    """Its renewal was declined four months ago; the invoice stayed open, and is paid today."""
    shop.does("clock", days="-150")
    subscribe(world, shop)
    in_portal(world, shop, act="card", number=DECLINED_LATER)
    shop.does("clock", days="31")
    told(shop)
    (late,) = Purchase.objects.filter(state=Purchase.State.FAILED)
    shop.does("clock", days="119")
    # Those of the first month.
    assert credits(world) == (INCLUDED, 0)
    assert shop.pay(late)[0] == 303
    told(shop)
    late.refresh_from_db()
    assert (late.state, credits(world)) == (Purchase.State.PAID, (2 * INCLUDED, 0))
    lives = CreditGrant.objects.latest("created_at").expires_at - late.paid_at
    assert 89 <= lives.days <= 92
    # Heard again, it is the same credits.
    fulfilment.fulfil(source_id=str(late.invoice_id))
    assert credits(world) == (2 * INCLUDED, 0)


def test_a_plan_cancelled_in_the_portal_runs_out_and_gives_no_more(
    world: World, shop: Shop
) -> None:
    subscribe(world, shop)
    subscription = shop.api.v1.subscriptions.list().data[0].id
    in_portal(world, shop, act="cancel", subscription=subscription)
    state = subscriptions.plan_of(world.organisation)
    assert state is not None
    assert state.runs
    assert state.ends
    in_portal(world, shop, act="resume", subscription=subscription)
    assert not subscriptions.plan_of(world.organisation).ends
    in_portal(world, shop, act="cancel", subscription=subscription)
    shop.does("clock", days="32")
    told(shop)
    assert not subscriptions.plan_of(world.organisation).runs
    assert credits(world) == (INCLUDED, 0)
    # And it can be had again.
    subscribe(world, shop)
    assert credits(world) == (2 * INCLUDED, 0)


def test_a_plan_ends_with_its_organisation(world: World, shop: Shop, settings: Any) -> None:
    subscribe(world, shop)
    assert plans.end_of_closed() == 0
    closing.close_organisation(
        actor=world.actor, organisation=world.organisation, typed_name=world.organisation.name
    )
    there = settings.STRIPE_SANDBOX
    settings.STRIPE_SANDBOX = "http://127.0.0.1:9"
    assert plans.end_of_closed() == 0
    settings.STRIPE_SANDBOX = there
    assert [plans.end_of_closed(), plans.end_of_closed()] == [1, 0]
    assert shop.api.v1.subscriptions.list(params={"status": "all"}).data[0].status == "canceled"


def closed_with_plans(world: World, shop: Shop) -> list[str]:
    """Two closed organisations' plans, in the order in which they are ended."""
    worlds = [world, make_world("Other", credits=0)]
    for one in worlds:
        subscribe(one, shop)
        closing.close_organisation(
            actor=one.actor, organisation=one.organisation, typed_name=one.organisation.name
        )
    return list(Subscription.objects.order_by("pk").values_list("id", flat=True))


@pytest.mark.parametrize(("status", "first_alone"), [(503, True), (404, False)])
def test_plans_that_cannot_be_ended_wait_for_one_answer_of_a_stripe_that_is_away(
    world: World, shop: Shop, settings: Any, status: int, first_alone: bool
) -> None:
    """One that Stripe itself refuses to end is in no other's way."""
    both = closed_with_plans(world, shop)
    asked: list[str] = []

    class Stripe(BaseHTTPRequestHandler):
        def do_DELETE(self) -> None:
            asked.append(self.path.rpartition("/")[2])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"error": {"type": "invalid_request_error", "message": "No."}}')

        def log_message(self, *_: Any) -> None:
            return

    there = settings.STRIPE_SANDBOX
    with HTTPServer(("127.0.0.1", 0), Stripe) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings.STRIPE_SANDBOX = f"http://127.0.0.1:{server.server_port}"
        assert plans.end_of_closed() == 0
        server.shutdown()
    assert set(asked) == set(both[:1] if first_alone else both)
    settings.STRIPE_SANDBOX = there
    assert plans.end_of_closed() == 2


def test_a_month_that_is_read_long_after_it_was_paid_has_its_time_from_then(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """We were away for five months. Otherwise it was paid for nothing."""
    shop.does("clock", days="-150")
    purchase = subscribe(world, shop)
    grant = CreditGrant.objects.get()
    assert credits(world) == (INCLUDED, 0)
    assert 88 <= (grant.expires_at - timezone.now()).days <= 92
    # Read again, also once that time is over, it is the same credits.
    after = grant.expires_at + timedelta(days=1)
    monkeypatch.setattr(fulfilment, "timezone", SimpleNamespace(now=lambda: after))
    fulfilment.fulfil(source_id=str(purchase.session_id))
    assert credits(world) == (INCLUDED, 0)


def test_a_dispute_won_after_a_month_has_expired_takes_what_is_owed_away(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = subscribe(world, shop)
    first = CreditGrant.objects.get()
    spend(world, INCLUDED - 3)
    gone = refund(shop, purchase)
    told(shop)
    assert credits(world) == (0, INCLUDED - 3)
    later = first.expires_at + timedelta(days=1)
    monkeypatch.setattr(fulfilment, "timezone", SimpleNamespace(now=lambda: later))
    shop.does("refund_fails", gone)
    for _ in range(2):
        told(shop)
        fulfilment.fulfil(source_id=str(purchase.session_id or purchase.invoice_id))
    # The three that were not used would have expired by now.
    assert credits(world) == (0, 0)
    restored = CreditGrant.objects.get(source_key__contains="/again/")
    assert (restored.amount, restored.expires_at) == (INCLUDED - 3, None)


def test_a_refund_takes_what_was_given_whatever_the_plan_gives_by_now(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = subscribe(world, shop)
    ledger.adjust(actor=world.actor, organisation=world.organisation, amount=500, reason="gift")
    monkeypatch.setattr(catalogue, "PLAN", replace(catalogue.PLAN, included=2 * INCLUDED))
    refund(shop, purchase, purchase.cents // 2)
    told(shop)
    assert credits(world) == (500 + INCLUDED - INCLUDED // 2, 0)


def test_a_month_that_was_refunded_takes_its_credits(world: World, shop: Shop) -> None:
    purchase = subscribe(world, shop)
    refund(shop, purchase)
    told(shop)
    assert credits(world) == (0, 0)


def test_an_invoice_brings_credits_when_the_transfer_arrives(world: World, shop: Shop) -> None:
    purchase = invoices.begin(
        actor=world.actor, organisation=world.organisation, credits=300, po_number="PO 4711"
    )
    purchase = invoices.send(purchase=purchase, vat_id="de 123456789")
    told(shop)
    invoice = shop.api.v1.invoices.retrieve(purchase.invoice_id or "")
    assert invoice.collection_method == "send_invoice"
    assert round((invoice.due_date - invoice.created) / 86_400) == 30
    assert [(one.name, one.value) for one in invoice.custom_fields] == [("PO number", "PO 4711")]
    assert [(one.type, one.value) for one in invoice.customer_tax_ids] == [
        ("eu_vat", "DE123456789")
    ]
    assert invoice.total == 300 * 1800 == purchase.cents
    assert (purchase.state, credits(world)) == (Purchase.State.OPEN, (0, 0))
    assert shop.post(purchase.invoice_url, how="transfer")[0] == 303
    told(shop)
    purchase.refresh_from_db()
    assert (purchase.state, credits(world)) == (Purchase.State.PAID, (300, 0))


def test_an_invoice_that_broke_off_is_gone_on_with_and_written_once(
    world: World, shop: Shop, settings: Any
) -> None:
    purchase = invoices.begin(actor=world.actor, organisation=world.organisation, credits=50)
    there = settings.STRIPE_SANDBOX
    settings.STRIPE_SANDBOX = stripe.api_base = "http://127.0.0.1:9"
    with pytest.raises(Problem, match="does not answer"):
        invoices.send(purchase=purchase)
    settings.STRIPE_SANDBOX = stripe.api_base = there
    invoices.send(purchase=purchase)
    Purchase.objects.filter(pk=purchase.pk).update(invoice_id=None)
    purchase.refresh_from_db()
    sent = invoices.send(purchase=purchase)
    assert len(shop.api.v1.invoices.list().data) == 1
    assert sent.cents == 50 * 2300


def test_an_invoice_that_broke_off_before_it_was_sent_is_sent_once(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = invoices.begin(actor=world.actor, organisation=world.organisation, credits=50)
    sending = stripe.InvoiceService.send_invoice

    def dies(*_: Any, **__: Any) -> None:
        raise stripe.APIConnectionError("gone")

    monkeypatch.setattr(stripe.InvoiceService, "send_invoice", dies)
    with pytest.raises(Problem, match="does not answer"):
        invoices.send(purchase=purchase)
    assert shop.api.v1.invoices.retrieve(purchase.invoice_id or "").status == "open"
    monkeypatch.setattr(stripe.InvoiceService, "send_invoice", sending)
    for _ in range(2):
        invoices.send(purchase=purchase)
    assert [event["type"] for event in shop.events()].count("invoice.sent") == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"credits": 5}, "credits"), ({"credits": 100, "po_number": "x" * 31}, "po_number")],
)
def test_an_invoice_that_cannot_be_written_is_refused(
    world: World, shop: Shop, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(Problem) as refused:
        invoices.begin(actor=world.actor, organisation=world.organisation, **asked)
    assert refused.value.field == field


def test_a_wrong_vat_number_is_said_and_leaves_nothing(
    world: World, shop: Shop, client: Any
) -> None:
    client.force_login(world.owner)
    answer = client.post(
        f"/o/{world.organisation.slug}/invoices/new", {"credits": "100", "vat_id": "DE1"}
    )
    assert answer.status_code == 422
    assert "Invalid value for eu_vat" in answer.context["problem"].sentence
    assert not Purchase.objects.exists()


def test_the_page_of_invoices_has_a_constant_number_of_queries(
    world: World, shop: Shop, client: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        made = world.purchase()
        Purchase.objects.filter(pk=made.pk).update(state="paid", pdf_url="https://x.example/1.pdf")
    client.force_login(world.owner)
    with django_assert_max_num_queries(12):
        page = client.get(f"/o/{world.organisation.slug}/invoices")
    assert page.content.decode().count("https://x.example/1.pdf") == 30


def test_purchases_of_a_plan_are_one_however_often_one_clicks(world: World, shop: Shop) -> None:
    first = plans.begin(actor=world.actor, organisation=world.organisation, units=1)
    url = purchases.go_on(purchase=first).url
    again = plans.begin(actor=world.actor, organisation=world.organisation, units=1)
    assert purchases.go_on(purchase=again).url == url
