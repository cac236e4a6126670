"""Buying credits, against the stand-in as a process of its own."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import stripe

from billing import ledger, payments
from billing.models import PaymentNews, Purchase
from billing.payments import catalogue, catalogue_sync, fulfilment, news, purchases, reconcile
from billing.payments.client import answering
from billing.recount import recount
from headshots.lib.problems import Problem
from tests.billing.payment_steps import bought, credits, refund, spend, told
from tests.browser.queue import drain
from tests.stand_in import ACCEPTED, DECLINED, DISPUTED, Shop, buy
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    """An organisation without credits."""
    return make_world(credits=0)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    return shop.open()


def test_a_paid_checkout_brings_its_credits_once(world: World, shop: Shop) -> None:
    purchase = buy(world, 25)
    status, where = shop.pay(purchase)
    assert status == 303
    assert where.endswith(f"/credits/bought/{purchase.pk}")
    purchases.came_back(purchase=purchase)
    told(shop)
    purchases.came_back(purchase=purchase)
    purchase.refresh_from_db()
    assert credits(world) == (25, 0)
    assert purchase.state == Purchase.State.PAID
    assert purchase.cents == catalogue.CREDITS.cents(25) == 25 * 2300
    assert purchase.pdf_url.startswith(shop.address)
    assert purchase.receipt_url.startswith(shop.address)
    assert PaymentNews.objects.filter(read__lt=1).count() == 0


def test_a_declined_card_leaves_the_purchase_to_be_paid_otherwise(world: World, shop: Shop) -> None:
    purchase = buy(world)
    status, said = shop.pay(purchase, DECLINED)
    assert status == 402
    assert "declined" in said
    told(shop)
    assert credits(world) == (0, 0)
    assert shop.pay(purchase)[0] == 303
    told(shop)
    assert credits(world) == (25, 0)


@pytest.mark.parametrize(
    ("how", "state", "free"), [("late", "paid", 25), ("late_failure", "failed", 0)]
)
def test_a_bank_debit_counts_when_it_has_settled(
    world: World, shop: Shop, how: str, state: str, free: int
) -> None:
    purchase = buy(world)
    shop.pay(purchase, how=how)
    told(shop)
    purchase.refresh_from_db()
    assert purchase.state == Purchase.State.SETTLING
    assert credits(world) == (0, 0)
    shop.does("settle", purchase.session_id or "")
    told(shop)
    purchase.refresh_from_db()
    assert (purchase.state, credits(world)[0]) == (state, free)
    if state == "failed":
        # Another checkout for the same purchase.
        assert shop.pay(purchase)[0] == 303
        told(shop)
        assert credits(world) == (25, 0)


def test_refunds_take_back_their_part_and_together_the_whole(world: World, shop: Shop) -> None:
    purchase = bought(world, shop, 20)
    for cents, left in ((1, 20), (purchase.cents // 3, 14), (None, 0)):
        refund(shop, purchase, cents)
        told(shop)
        assert credits(world) == (left, 0)
    purchase.refresh_from_db()
    assert purchase.state == Purchase.State.REFUNDED
    assert list(recount()) == []


def test_what_was_used_before_its_refund_is_owed_and_blocks_until_it_is_paid(
    world: World, shop: Shop
) -> None:
    purchase = bought(world, shop, 20)
    spend(world, 20)
    refund(shop, purchase)
    told(shop)
    assert ledger.balance(organisation=world.organisation).debt == 20
    with pytest.raises(Problem, match="owed"):
        ledger.hold(actor=world.actor, organisation=world.organisation, amount=1, source_key="more")
    bought(world, shop, 25)
    assert ledger.balance(organisation=world.organisation) == ledger.Balance(5, 0, 0)


def test_a_refund_that_fails_gives_the_credits_back(world: World, shop: Shop) -> None:
    purchase = bought(world, shop, 20)
    gone = refund(shop, purchase, purchase.cents // 2)
    told(shop)
    assert credits(world) == (10, 0)
    shop.does("refund_fails", gone)
    told(shop)
    assert credits(world) == (20, 0)
    # And what came back can go again.
    refund(shop, purchase)
    told(shop)
    assert credits(world) == (0, 0)


def test_a_refund_beyond_the_charge_is_refused_and_changes_nothing(
    world: World, shop: Shop
) -> None:
    purchase = bought(world, shop, 20)
    with pytest.raises(Problem, match="greater than unrefunded"), answering() as api:
        api.v1.refunds.create(
            params={"payment_intent": purchase.payment_intent_id, "amount": purchase.cents + 1}
        )
    told(shop)
    assert credits(world) == (20, 0)


@pytest.mark.parametrize(
    ("decided", "free", "state"), [("won", 20, "paid"), ("lost", 0, "disputed")]
)
def test_disputed_credits_are_frozen_until_it_is_decided(
    world: World, shop: Shop, decided: str, free: int, state: str
) -> None:
    purchase = bought(world, shop, 20, DISPUTED)
    assert purchase.state == Purchase.State.DISPUTED
    assert credits(world) == (0, 0)
    (dispute,) = shop.api.v1.disputes.list().data
    shop.does(decided, dispute.id)
    told(shop)
    purchase.refresh_from_db()
    assert (credits(world), purchase.state) == ((free, 0), state)


def test_without_a_word_from_stripe_the_night_finds_what_was_paid(world: World, shop: Shop) -> None:
    purchase = buy(world)
    shop.pay(purchase)
    assert credits(world) == (0, 0)
    assert reconcile.reconcile() >= 1
    drain()
    assert credits(world) == (25, 0)
    reconcile.reconcile()
    drain()
    assert credits(world) == (25, 0)


def test_stripe_away_keeps_the_purchase_and_it_goes_on(
    world: World, shop: Shop, settings: Any
) -> None:
    there = settings.STRIPE_SANDBOX
    purchase = buy(world)
    settings.STRIPE_SANDBOX = stripe.api_base = "http://127.0.0.1:9"
    with pytest.raises(Problem, match="Stripe does not answer just now") as refused:
        purchases.go_on(purchase=purchase)
    assert refused.value.status == 503
    settings.STRIPE_SANDBOX = stripe.api_base = there
    assert shop.pay(purchase)[0] == 303
    settings.STRIPE_SANDBOX = "http://127.0.0.1:9"
    assert news.read(source_id=purchase.session_id or "") is False
    news.heard(source_id=purchase.session_id or "")
    assert news.read(source_id=purchase.session_id or "") is False
    assert "does not answer" in PaymentNews.objects.get().problem
    settings.STRIPE_SANDBOX = there
    PaymentNews.objects.update(due_at="2020-01-01T00:00Z")
    assert news.read_due() == 1
    drain()
    assert credits(world) == (25, 0)


def test_asking_twice_makes_one_checkout_and_one_customer(world: World, shop: Shop) -> None:
    purchase = buy(world)
    first = purchases.go_on(purchase=purchase)
    # As if we had died after Stripe's answer, before it was written down.
    Purchase.objects.filter(pk=purchase.pk).update(session_id=None)
    purchase.refresh_from_db()
    assert purchases.go_on(purchase=purchase).url == first.url
    assert len(shop.api.v1.checkout.sessions.list().data) == 1
    assert len(shop.api.v1.customers.list().data) == 1


def test_an_expired_checkout_is_begun_again(world: World, shop: Shop) -> None:
    purchase = buy(world)
    purchases.go_on(purchase=purchase)
    shop.api.v1.checkout.sessions.expire(purchase.session_id or "")
    told(shop)
    purchase.refresh_from_db()
    assert purchase.state == Purchase.State.DROPPED
    assert shop.pay(purchase)[0] == 303
    told(shop)
    assert credits(world) == (25, 0)


def test_a_dropped_purchase_cannot_be_paid_any_more(world: World, shop: Shop) -> None:
    purchase = buy(world)
    url = purchases.go_on(purchase=purchase).url
    purchases.drop(actor=world.actor, purchase=purchase)
    shop.post(str(url), number=ACCEPTED)
    told(shop)
    assert credits(world) == (0, 0)
    purchase = bought(world, shop)
    with pytest.raises(Problem, match="paid or on its way"):
        purchases.drop(actor=world.actor, purchase=purchase)


def test_credits_go_to_whose_customer_paid_whatever_a_payment_claims(
    world: World, shop: Shop
) -> None:
    other = make_world("Other", credits=0)
    theirs = buy(other)
    mine = buy(world)
    shop.pay(mine)
    shop.api.v1.checkout.sessions.update(
        mine.session_id or "", params={"metadata": {"purchase": str(theirs.pk)}}
    )
    told(shop)
    theirs.refresh_from_db()
    assert (credits(world), credits(other)) == ((25, 0), (0, 0))
    assert theirs.state == Purchase.State.OPEN


def test_a_payment_of_nobody_of_ours_changes_nothing(world: World, shop: Shop) -> None:
    stranger = shop.api.v1.customers.create(params={"email": "stranger@example.com"})
    price = shop.api.v1.prices.list(params={"lookup_keys": [catalogue.CREDITS.lookup_key]}).data[0]
    session = shop.api.v1.checkout.sessions.create(
        params={
            "mode": "payment",
            "customer": stranger.id,
            "line_items": [{"price": price.id, "quantity": 5}],
            "success_url": "https://x.example",
        }
    )
    shop.post(str(session.url), number=ACCEPTED)
    assert fulfilment.fulfil(source_id=session.id) is None
    assert not Purchase.objects.exists()


@pytest.mark.parametrize(
    ("pack", "asked", "field"),
    [
        ("gold", "", "pack"),
        ("other", "", "credits"),
        ("other", "0", "credits"),
        ("other", "-5", "credits"),
        ("other", "1000000", "credits"),
        ("other", "9" * 40, "credits"),
        ("other", "2.5", "credits"),
        ("other", "٣", "credits"),
    ],
)
def test_what_cannot_be_bought_is_said_and_nothing_begins(
    world: World, shop: Shop, client: Any, pack: str, asked: str, field: str
) -> None:
    client.force_login(world.owner)
    answer = client.post(
        f"/o/{world.organisation.slug}/credits/buy", {"pack": pack, "credits": asked}
    )
    assert answer.status_code == 422
    assert answer.context["problem"].field == field
    assert not Purchase.objects.exists()


def test_a_currency_that_stripe_does_not_do_is_refused(shop: Shop) -> None:
    with pytest.raises(Problem, match="Invalid currency: xyz"), answering() as api:
        api.v1.payment_intents.create(params={"amount": 500, "currency": "xyz"})


def test_only_the_pages_that_lead_to_stripe_may_send_forms_there(
    world: World, shop: Shop, client: Any
) -> None:
    client.force_login(world.owner)
    base = f"/o/{world.organisation.slug}"
    for path in ("credits/buy", "credits/top-up", "plan", "invoices"):
        policy = client.get(f"{base}/{path}")["Content-Security-Policy"]
        assert f"form-action 'self' {shop.address}" in policy, path
    elsewhere = client.get(f"{base}/roster")["Content-Security-Policy"]
    assert shop.address not in elsewhere


def test_the_catalogue_is_brought_once_and_a_price_is_replaced(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = buy(world, 20)
    url = purchases.go_on(purchase=purchase).url
    assert catalogue_sync.sync_catalogue() == []
    dearer = replace(catalogue.CREDITS, tiers=(catalogue.Tier(None, 3100),))
    monkeypatch.setattr(catalogue, "CREDITS", dearer)
    assert catalogue_sync.sync_catalogue() == ["price headshots_credits replaced"]
    assert catalogue_sync.sync_catalogue() == []
    # What was begun at the old price is paid at it, and still known for what it is.
    shop.post(str(url), number=ACCEPTED)
    told(shop)
    purchase.refresh_from_db()
    assert (credits(world), purchase.cents) == ((20, 0), 20 * 2600)
    newer = bought(world, shop, 20)
    assert (credits(world), newer.cents) == ((40, 0), 20 * 3100)


def test_every_call_that_makes_something_at_stripe_carries_an_idempotency_key() -> None:
    calls = 0
    for file in Path(payments.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if ast.unparse(node.func).startswith("api.v1.") and node.func.attr in (
                "create",
                "pay",
                "finalize_invoice",
                "send_invoice",
            ):
                keyed = "options" in {keyword.arg for keyword in node.keywords}
                # An invoice is finalized once whoever asks: a second time is refused.
                assert keyed or node.func.attr == "finalize_invoice", (file.name, node.lineno)
                calls += 1
    assert calls >= 10
