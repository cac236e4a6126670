"""Stripe away in the middle of buying by the pages: nothing twice, nothing lost, nothing untrue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import stripe
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext, override

from accounts.actors import SYSTEM
from billing import ledger
from billing.models import Purchase
from billing.payments import fulfilment, invoices, purchases, top_ups
from headshots.lib.problems import Problem
from tests.api.program import Program
from tests.billing.payment_steps import credits, told
from tests.billing.test_top_ups import MASTERCARD, set_up, store_card, swept
from tests.browser.queue import drain, forget
from tests.stand_in import ACCEPTED, Shop, buy
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
WANTED = {"credits": "100", "po_number": "PO 1", "vat_id": "de 123456789"}


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def shop(stocked: Shop) -> Shop:
    return stocked


@pytest.fixture
def owner(world: World, client: Client) -> Client:
    client.force_login(world.owner)
    return client


@pytest.fixture
def away(settings: Any) -> Callable[[], Any]:
    @contextmanager
    def gone() -> Iterator[None]:
        there = settings.STRIPE_SANDBOX
        settings.STRIPE_SANDBOX = stripe.api_base = "http://127.0.0.1:9"
        yield
        settings.STRIPE_SANDBOX = stripe.api_base = there

    return gone


def at(name: str, world: World, *more: Any) -> str:
    return reverse(name, args=[world.organisation.slug, *more])


def invoices_sent(shop: Shop) -> list[str]:
    return [e["data"]["object"]["id"] for e in shop.events() if e["type"] == "invoice.sent"]


def test_who_paid_is_not_told_otherwise_while_stripe_is_away(
    world: World, shop: Shop, owner: Client, away: Any
) -> None:
    purchase = buy(world)
    assert shop.pay(purchase)[0] == 303
    page, poll = at("bought", world, purchase.pk), {"HX-Request": "true"}
    go_on = at("purchase_go_on", world, purchase.pk)
    with away():
        for headers in ({}, poll, poll):
            said = owner.get(page, headers=headers).content.decode()
            assert "Your payment is being looked up" in said
            assert "data-poll" in said
            assert "Not paid yet" not in said
            assert go_on not in said
            drain()
    purchases_news_is_read()
    said = owner.get(page, headers=poll).content.decode()
    assert "25 credits are yours." in said
    assert "data-poll" not in said


def purchases_news_is_read() -> None:
    """The sweep of a minute later."""
    from billing.models import PaymentNews
    from billing.payments import news

    PaymentNews.objects.update(due_at="2020-01-01T00:00:00Z")
    news.read_due()
    drain()


def test_what_was_not_paid_says_so(world: World, shop: Shop, owner: Client) -> None:
    purchase = buy(world)
    purchases.go_on(purchase=purchase)
    said = owner.get(at("bought", world, purchase.pk)).content.decode()
    assert "Not paid yet" in said
    assert at("purchase_go_on", world, purchase.pk) in said
    assert "data-poll" not in said


def test_the_form_sent_again_goes_on_with_the_same_purchase(
    world: World, shop: Shop, owner: Client, away: Any
) -> None:
    form = {"pack": "team"}
    with away():
        assert owner.post(at("credits_buy", world), form).status_code == 503
    led = [owner.post(at("credits_buy", world), form)["Location"] for _ in range(2)]
    assert led[0] == led[1]
    assert Purchase.objects.count() == 1
    assert shop.post(led[0], number=ACCEPTED)[0] == 303
    told(shop)
    # What is paid is bought; the same pack can be bought again.
    assert owner.post(at("credits_buy", world), form)["Location"] not in led
    assert Purchase.objects.count() == 2


def test_an_invoice_is_gone_on_with_from_the_list_with_its_vat_number(
    world: World, shop: Shop, owner: Client, away: Any
) -> None:
    with away():
        kept = owner.post(at("invoice_new", world), WANTED, follow=True)
    (purchase,) = Purchase.objects.all()
    said = kept.content.decode()
    assert "The invoice is kept here" in said
    assert at("invoice_send", world, purchase.pk) in said
    sent = owner.post(at("invoice_send", world, purchase.pk), follow=True)
    purchase.refresh_from_db()
    assert f"Invoice {purchase.number} is on its way." in sent.content.decode()
    invoice = shop.api.v1.invoices.retrieve(purchase.invoice_id or "")
    assert [one.value for one in invoice.customer_tax_ids or []] == ["DE123456789"]
    assert invoices_sent(shop) == [purchase.invoice_id]


def test_an_invoice_whose_last_answer_was_lost_is_not_written_again(
    world: World, shop: Shop, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(**_: Any) -> None:
        raise Problem("Stripe does not answer just now.", code="stripe_away", status=503)

    with monkeypatch.context() as patch:
        patch.setattr(fulfilment, "fulfil", lost)
        assert owner.post(at("invoice_new", world), WANTED).status_code == 302
    assert owner.post(at("invoice_new", world), WANTED).status_code == 302
    (purchase,) = Purchase.objects.all()
    assert purchase.number
    assert len(shop.api.v1.invoices.list().data) == 1
    assert invoices_sent(shop) == [purchase.invoice_id]


def test_an_invoice_that_was_sent_is_not_sent_twice_by_the_browsers_back(
    world: World, shop: Shop, owner: Client
) -> None:
    page = at("invoice_new", world)
    assert 'name="again"' not in owner.get(page).content.decode()
    assert owner.post(page, WANTED).status_code == 302
    asked = owner.post(page, WANTED)
    (purchase,) = Purchase.objects.all()
    said = asked.content.decode()
    assert asked.status_code == 409
    assert f"Invoice {purchase.number} for the same is still to be paid." in said
    assert 'name="again"' in said
    assert 'value="PO 1"' in said
    assert invoices_sent(shop) == [purchase.invoice_id]
    # Others are others, and so is one like it that is meant.
    assert owner.post(page, {**WANTED, "po_number": "PO 2"}).status_code == 302
    assert owner.post(page, {**WANTED, "again": "yes"}).status_code == 302
    assert len(invoices_sent(shop)) == 3
    # What is paid is not asked about.
    for one in Purchase.objects.filter(po_number="PO 2"):
        assert shop.post(one.invoice_url, how="transfer")[0] == 303
    told(shop)
    assert owner.post(page, {**WANTED, "po_number": "PO 2"}).status_code == 302


def test_a_vat_number_of_any_length_is_answered(world: World, shop: Shop, owner: Client) -> None:
    answer = owner.post(at("invoice_new", world), {**WANTED, "vat_id": "DE" + 40 * "1"})
    assert answer.status_code == 422
    assert "30 characters at most" in answer.content.decode()
    assert not Purchase.objects.exists()


def test_a_vat_number_that_was_refused_is_not_asked_again(world: World, shop: Shop) -> None:
    program = Program.of(world.organisation)
    made = program.post("invoices", {"kind": "invoice", "credits": 100}).json()
    send = f"invoices/{made['id']}/send"
    assert program.post(send, {"vat_id": "DE1"}).status_code == 422
    assert program.post(send, {}).json()["number"]


def invoice_of(world: World) -> Purchase:
    return invoices.begin(actor=world.actor, organisation=world.organisation, credits=50)


def test_a_dropped_invoice_is_not_sent(world: World, shop: Shop) -> None:
    purchase = purchases.drop(actor=world.actor, purchase=invoice_of(world))
    with pytest.raises(Problem) as refused:
        invoices.send(purchase=purchase)
    assert (refused.value.code, invoices_sent(shop)) == ("dropped", [])
    assert not shop.api.v1.invoices.list().data


def test_a_paid_invoice_is_not_sent_again(world: World, shop: Shop) -> None:
    purchase = invoices.send(purchase=invoice_of(world))
    assert shop.post(purchase.invoice_url, how="transfer")[0] == 303
    told(shop)
    purchase.refresh_from_db()
    with pytest.raises(Problem) as refused:
        invoices.send(purchase=purchase)
    assert (refused.value.code, len(invoices_sent(shop))) == ("paid", 1)


def test_an_invoice_that_was_dropped_as_a_draft_stays_dropped(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any, **__: Any) -> None:
        raise stripe.APIConnectionError("gone")

    purchase = invoice_of(world)
    with monkeypatch.context() as patch:
        patch.setattr(stripe.InvoiceService, "finalize_invoice", dies)
        with pytest.raises(Problem):
            invoices.send(purchase=purchase)
    purchase = purchases.drop(actor=world.actor, purchase=purchase)
    fulfilment.fulfil(source_id=str(purchase.invoice_id))
    purchase.refresh_from_db()
    assert purchase.state == Purchase.State.DROPPED


def test_a_top_up_that_broke_off_is_charged_to_the_card_of_now(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_card(world, shop, ACCEPTED)
    set_up(world)
    top_ups.sweep()
    forget("default")
    (begun,) = Purchase.objects.all()

    def dies(*_: Any, **__: Any) -> None:
        raise stripe.APIConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(stripe.InvoiceItemService, "create", dies)
        with pytest.raises(Problem, match="does not answer"):
            top_ups.pay(purchase=begun)
    kept = store_card(world, shop, MASTERCARD)
    swept(shop)
    assert credits(world) == (25, 0)
    (charge,) = shop.api.v1.charges.list().data
    assert charge.payment_method == kept.method_id


def test_notes_in_the_ledger_are_read_in_ones_own_language(world: World, owner: Client) -> None:
    who = {"actor": SYSTEM, "organisation": world.organisation}
    ledger.grant(**who, amount=3, source_key="x", note="Promised turnaround missed")
    ledger.adjust(**who, amount=1, reason="A gift, <b>really</b>")
    page = owner.get(at("credits", world), headers={"Accept-Language": "de"}).content.decode()
    with override("de"):
        german = gettext("Promised turnaround missed")
    assert german != "Promised turnaround missed"
    assert escape(german) in page
    assert "Promised turnaround missed" not in page
    assert "A gift, &lt;b&gt;really&lt;/b&gt;" in page
