"""Our process dies before or after any call to Stripe; gone on with, it is as if it had not."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
import stripe
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.utils import translation
from djstripe.models import WebhookEndpoint

from billing.models import Purchase, TopUp
from billing.payments import catalogue, catalogue_sync, invoices, news, plans, purchases, top_ups
from billing.recount import recount
from tests.billing.payment_steps import credits
from tests.billing.test_top_ups import set_up, store_card, sweep_after_the_pause
from tests.browser.queue import drain, forget
from tests.stand_in import ACCEPTED, DECLINED_LATER, Shop, buy
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
MOST_CALLS = 40


class Died(Exception):
    """Nobody catches it, as nobody does when a process is killed."""


def died(*_: object, **__: object) -> None:
    raise Died


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, call: int, when: str) -> Iterator[None]:
    """Die before the call of that number is sent, or after its answer has come."""
    request = stripe.RequestsClient.request
    calls = 0

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and when == "before":
            raise Died
        answer = request(self, *args, **kwargs)
        if calls == call:
            raise Died
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(stripe.RequestsClient, "request", counted)
        yield


@pytest.fixture
def breaks(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[], Callable[[], object]]], Iterator[None]]:
    """Prepares a step and lets it break off at its first call, prepares it anew and lets it
    break off at its second, and so on, until it gets through."""

    when = getattr(request, "param", "after")

    def each(prepare: Callable[[], Callable[[], object]]) -> Iterator[None]:
        for call in range(1, MOST_CALLS):
            step = prepare()
            try:
                # Whoever goes on may read another language than whoever began.
                with translation.override("de"), dying(monkeypatch, call, when):
                    step()
            except Died:
                yield
            else:
                assert call > 2, "It never asked Stripe for anything."
                return
        raise AssertionError("It never got through.")

    return each


Breaks = Callable[[Callable[[], Callable[[], object]]], Iterator[None]]
worlds: list[World] = []


def fresh(name: str) -> World:
    """The next organisation; the newest is `worlds[-1]`."""
    worlds.append(make_world(f"{name} {len(worlds)}", credits=0))
    return worlds[-1]


@pytest.fixture(autouse=True)
def no_worlds(db: None) -> Iterator[None]:
    worlds.clear()
    yield
    assert list(recount()) == []


def its_purchase() -> Purchase:
    return Purchase.objects.get(organisation=worlds[-1].organisation)


def its_customer(shop: Shop) -> str:
    """Its one customer at Stripe."""
    email = worlds[-1].organisation.email
    (found,) = shop.api.v1.customers.list(params={"email": email}).data
    return found.id


def its_credits() -> tuple[int, int]:
    """What is free and owed, once what Stripe has to tell of its payments is read."""
    for purchase in Purchase.objects.filter(organisation=worlds[-1].organisation):
        source_id = purchase.session_id or purchase.invoice_id
        if source_id:
            news.heard(source_id=source_id)
    drain()
    return credits(worlds[-1])


def test_a_checkout_is_gone_on_with(stocked: Shop, breaks: Breaks) -> None:
    def prepare() -> Callable[[], object]:
        purchase = buy(fresh("Checkout"))
        return lambda: purchases.go_on(purchase=purchase)

    for _ in breaks(prepare):
        assert stocked.pay(its_purchase())[0] == 303
        assert its_credits() == (25, 0)
        sessions = stocked.api.v1.checkout.sessions.list(params={"customer": its_customer(stocked)})
        assert len(sessions.data) == 1


def test_a_checkout_is_gone_on_with_at_another_price(
    stocked: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = buy(fresh("Price"))
    with monkeypatch.context() as patch:
        patch.setattr(Purchase, "save", died)
        with pytest.raises(Died):
            purchases.go_on(purchase=purchase)
    dearer = replace(catalogue.CREDITS, tiers=(catalogue.Tier(None, 3100),))
    monkeypatch.setattr(catalogue, "CREDITS", dearer)
    catalogue_sync.sync_catalogue()
    assert stocked.pay(its_purchase())[0] == 303
    assert its_credits() == (25, 0)
    assert its_purchase().cents == 25 * 3100


def test_a_plan_is_gone_on_with(stocked: Shop, breaks: Breaks) -> None:
    def prepare() -> Callable[[], object]:
        world = fresh("Plan")
        purchase = plans.begin(actor=world.actor, organisation=world.organisation, units=2)
        return lambda: purchases.go_on(purchase=purchase)

    for _ in breaks(prepare):
        assert stocked.pay(its_purchase())[0] == 303
        assert its_credits() == (20, 0)


def test_who_comes_back_from_paying_is_served_later(stocked: Shop, breaks: Breaks) -> None:
    def prepare() -> Callable[[], object]:
        purchase = buy(fresh("Back"))
        assert stocked.pay(purchase)[0] == 303
        return lambda: purchases.came_back(purchase=purchase)

    for _ in breaks(prepare):
        assert its_credits() == (25, 0)


def test_what_is_given_up_is_given_up_in_the_end(stocked: Shop, breaks: Breaks) -> None:
    urls = []

    def prepare() -> Callable[[], object]:
        world = fresh("Drop")
        purchase = buy(world)
        urls.append(purchases.go_on(purchase=purchase).url)
        return lambda: purchases.drop(actor=world.actor, purchase=purchase)

    for _ in breaks(prepare):
        purchases.drop(actor=worlds[-1].actor, purchase=its_purchase())
        stocked.post(str(urls[-1]), number=ACCEPTED)
        assert its_credits() == (0, 0)
        assert its_purchase().state == Purchase.State.DROPPED


@pytest.mark.parametrize("breaks", ["before", "after"], indirect=True)
def test_an_invoice_is_written_and_sent_once(stocked: Shop, breaks: Breaks) -> None:
    def prepare() -> Callable[[], object]:
        world = fresh("Invoice")
        purchase = invoices.begin(
            actor=world.actor, organisation=world.organisation, credits=300, po_number="PO 1"
        )
        return lambda: invoices.send(purchase=purchase, vat_id="DE123456789")

    for _ in breaks(prepare):
        with translation.override("fr"):
            purchase = invoices.send(purchase=its_purchase(), vat_id="DE123456789")
        (invoice,) = stocked.api.v1.invoices.list(params={"customer": its_customer(stocked)}).data
        assert (invoice.status, invoice.total, len(invoice.lines.data)) == ("open", 540_000, 1)
        sent = stocked.api.v1.events.list(params={"type": "invoice.sent", "limit": 5}).data
        assert invoice.id in [event.data.object["id"] for event in sent]
        assert stocked.post(purchase.invoice_url, how="transfer")[0] == 303
        assert its_credits() == (300, 0)


def due_top_up(shop: Shop, card: str) -> Callable[[], object]:
    world = fresh("Top up")
    store_card(world, shop, card)
    set_up(world)
    top_ups.sweep()
    forget("default")
    purchase = its_purchase()
    return lambda: top_ups.pay(purchase=purchase)


def swept() -> None:
    sweep_after_the_pause()
    drain()


@pytest.mark.parametrize("breaks", ["before", "after"], indirect=True)
def test_a_card_is_charged_once_for_a_top_up(stocked: Shop, breaks: Breaks) -> None:
    for _ in breaks(lambda: due_top_up(stocked, ACCEPTED)):
        swept()
        swept()
        assert its_credits() == (25, 0)
        made = stocked.api.v1.invoices.list(params={"customer": its_customer(stocked)}).data
        assert [one.status for one in made if one.status != "draft"] == ["paid"]


def test_a_card_that_is_declined_is_not_tried_for_ever(stocked: Shop, breaks: Breaks) -> None:
    for _ in breaks(lambda: due_top_up(stocked, DECLINED_LATER)):
        for _again in range(3):
            swept()
        mine = Purchase.objects.filter(organisation=worlds[-1].organisation)
        assert {one.state for one in mine} == {Purchase.State.FAILED}
        assert len(mine) == 1
        assert TopUp.objects.get(organisation=worlds[-1].organisation).problem
        made = stocked.api.v1.invoices.list(params={"customer": its_customer(stocked)}).data
        assert {one.status for one in made} <= {"void", "draft"}


@pytest.mark.parametrize("written", [False, True], ids=["before the invoice", "after it"])
def test_a_card_that_was_taken_out_stops_the_top_up(
    stocked: Shop, mailoutbox: list[EmailMessage], written: bool
) -> None:
    charge = due_top_up(stocked, ACCEPTED)
    world, purchase = worlds[-1], its_purchase()
    top_up = TopUp.objects.get(organisation=world.organisation)
    if written:
        invoices.write(purchase, its_customer(stocked), {})
    stocked.api.v1.payment_methods.detach(top_up.method_id)
    if not written:
        charge()
    swept()
    swept()
    assert its_purchase().state == Purchase.State.FAILED
    top_up.refresh_from_db()
    assert "does not have a payment method" in top_up.problem
    assert [one.to for one in mailoutbox] == [[world.owner.email]]
    # Another card has it tried again.
    store_card(world, stocked, ACCEPTED)
    swept()
    assert credits(world) == (25, 0)
    made = stocked.api.v1.invoices.list(params={"customer": its_customer(stocked)}).data
    assert {one.status for one in made} == {"paid", "void"}


def test_the_catalogue_is_whole_after_another_run(
    shop: Shop, breaks: Breaks, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalogue.CREDITS
    after = replace(before, tiers=(catalogue.Tier(None, 3100),))

    def prepare() -> Callable[[], object]:
        settings.STRIPE_SECRET_KEY = f"sk_test_{secrets.token_hex(12)}"
        monkeypatch.setattr(catalogue, "CREDITS", before)
        catalogue_sync.sync_catalogue()
        monkeypatch.setattr(catalogue, "CREDITS", after)
        return sync

    def sync() -> str:
        said = StringIO()
        call_command("sync_catalogue", stdout=said)
        return said.getvalue()

    for _ in breaks(prepare):
        sync()
        assert sync() == "everything stands\n"
        (endpoint,) = shop.api.v1.webhook_endpoints.list().data
        assert WebhookEndpoint.objects.get(id=endpoint.id).secret
        on = shop.api.v1.prices.list(params={"active": True, "expand": ["data.tiers"]}).data
        assert sorted(str(price.lookup_key) for price in on) == [
            catalogue.CREDITS.lookup_key,
            catalogue.PLAN.lookup_key,
        ]
