"""What Stripe calls us with: only what is signed, fresh and for us; any order, any number."""

from __future__ import annotations

import json
import random
import time
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing import ledger
from billing.models import CreditEntry, PaymentNews, Purchase
from billing.payments import fulfilment, news, plans, receivers
from billing.recount import recount
from tests.billing.payment_steps import bought, credits, refund, told
from tests.browser.queue import drain
from tests.races.together import together
from tests.stand_in import DISPUTED, Shop, buy
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=0)


@pytest.fixture
def paid(world: World, stocked: Shop) -> dict[str, Any]:
    """An event that would bring credits."""
    purchase = buy(world, 20)
    stocked.pay(purchase)
    stocked.deliver([])
    return next(e for e in stocked.events() if e["type"] == "checkout.session.completed")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({}, 200),
        ({"secret": "whsec_of_somebody_else"}, 400),
        ({"at": int(time.time()) - 3600}, 400),
        ({"uuid": uuid.uuid4()}, 404),
    ],
    ids=["good", "wrong signature", "old", "unknown endpoint"],
)
def test_only_a_good_and_fresh_signature_counts(
    world: World, stocked: Shop, paid: dict[str, Any], how: dict[str, Any], status: int
) -> None:
    assert stocked.call(paid, **how) == status
    drain()
    assert credits(world)[0] == (20 if status == 200 else 0)


def test_without_signature_nothing_is_even_kept(
    world: World, stocked: Shop, paid: dict[str, Any]
) -> None:
    from djstripe.models import WebhookEventTrigger

    url = reverse("djstripe:djstripe_webhook_by_uuid", args=[stocked.endpoint.djstripe_uuid])
    answer = Client().post(url, json.dumps(paid), content_type="application/json")
    assert answer.status_code == 400
    assert not WebhookEventTrigger.objects.exists()


def test_a_body_that_was_changed_after_signing_is_refused(
    world: World, stocked: Shop, paid: dict[str, Any]
) -> None:
    from billing.sandbox.delivery import signature

    header = signature(json.dumps(paid), stocked.endpoint.secret, int(time.time()))
    url = reverse("djstripe:djstripe_webhook_by_uuid", args=[stocked.endpoint.djstripe_uuid])
    changed = json.dumps(paid).replace('"paid"', '"paid "')
    answer = Client().post(
        url, changed, content_type="application/json", headers={"Stripe-Signature": header}
    )
    assert answer.status_code == 400


def standing(world: World) -> tuple[ledger.Balance, dict[str, int]]:
    """The ledger to the credit: the balance, and what each source brought."""
    grants = CreditEntry.objects.filter(
        account__organisation=world.organisation, kind="grant"
    ).exclude(source_key__contains="/again/")
    return (
        ledger.balance(organisation=world.organisation),
        {entry.source_key: entry.amount for entry in grants},
    )


@pytest.mark.parametrize("seed", range(2))
def test_events_in_any_order_and_three_times_leave_the_same_ledger(
    world: World, stocked: Shop, seed: int
) -> None:
    """Things happen at Stripe while its calls reach us late, twice or in another order."""
    chance = random.Random(seed)
    purchases = [buy(world, number) for number in (20, 30, 7)]
    stocked.deliver([])
    kept: list[dict[str, Any]] = []

    def some_arrive() -> None:
        kept.extend(e for e in stocked.events() if e["id"] not in {k["id"] for k in kept})
        mine = [e for e in kept if e["type"] in receivers.RECEIVED]
        for event in chance.sample(mine, k=min(len(mine), chance.randint(0, 3))):
            hear(stocked, event)

    stocked.pay(purchases[0], DISPUTED)
    some_arrive()
    stocked.pay(purchases[1])
    some_arrive()
    purchases[1].payment_intent_id = stocked.api.v1.checkout.sessions.retrieve(
        purchases[1].session_id or ""
    ).payment_intent
    first = refund(stocked, purchases[1], 33_333)
    some_arrive()
    refund(stocked, purchases[1], 11_111)
    stocked.does("refund_fails", first)
    some_arrive()
    plan = plans.begin(actor=world.actor, organisation=world.organisation, units=1)
    stocked.pay(plan)
    stocked.does("clock", days="32")
    some_arrive()
    stocked.pay(purchases[2], how="late")
    stocked.does("settle", purchases[2].session_id or "")
    (dispute,) = stocked.api.v1.disputes.list().data
    stocked.does("won" if seed % 2 else "lost", dispute.id)
    some_arrive()

    mine = [e for e in stocked.events() if e["type"] in receivers.RECEIVED] * 3
    chance.shuffle(mine)
    for event in mine:
        hear(stocked, event)
    drain()
    expected = (20 if seed % 2 else 0) + 30 - 30 * 11_111 // (30 * 2300) + 7 + 2 * 10
    balance, sources = standing(world)
    assert balance == ledger.Balance(expected, 0, 0)
    assert sorted(sources.values()) == [7, 10, 10, 20, 30]
    assert list(recount()) == []
    # Again, past dj-stripe, which knows by now that it has seen them.
    for news_of in PaymentNews.objects.values_list("source_id", flat=True):
        fulfilment.fulfil(source_id=news_of)
    assert standing(world) == (balance, sources)


def hear(shop: Shop, event: dict[str, Any]) -> None:
    assert shop.call(event) == 200


def test_news_that_come_while_a_payment_is_read_have_it_read_again(
    world: World, stocked: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = bought(world, stocked, 20)
    source = purchase.session_id or ""
    real = fulfilment.fulfil

    def slow(*, source_id: str) -> Purchase | None:
        """Stripe's answer is on its way when the refund happens."""
        found = real(source_id=source_id)
        refund(stocked, purchase)
        PaymentNews.objects.filter(source_id=source).update(asked=5)
        return found

    news.heard(source_id=source)
    monkeypatch.setattr(fulfilment, "fulfil", slow)
    news.read(source_id=source)
    monkeypatch.setattr(fulfilment, "fulfil", real)
    assert credits(world) == (20, 0)
    assert news.read(source_id=source) is True
    assert credits(world) == (0, 0)
    told(stocked)


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_many_read_at_once_counts_once(world: World, stocked: Shop) -> None:
    purchase = buy(world, 20)
    stocked.pay(purchase)
    source = purchase.session_id or ""
    results = together([lambda: fulfilment.fulfil(source_id=source)] * 6)
    assert not [one for one in results if isinstance(one, Exception)], results
    assert credits(world) == (20, 0)
    assert list(recount()) == []
