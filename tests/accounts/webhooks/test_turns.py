"""Nobody waits for a customer whose receivers answer well and slowly, however much is theirs."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.developers.sandbox import open_sandbox
from accounts.models import Event, Organisation, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints, events, outcome, sending, taking
from tests.accounts.webhooks.receiver import Got, Receiver, receiving
from tests.world import World, make_world

# Ends only what would never come.
PATIENCE_S = 60.0


def load(organisation: Organisation, url: str, *, each: int, count: int = 1) -> None:
    """So many endpoints with so many deliveries that are due."""
    made = Event.objects.bulk_create(
        Event(organisation=organisation, type="order.placed", payload='{"type":"order.placed"}')
        for _ in range(each)
    )
    for number in range(count):
        added, _ = endpoints.add(actor=SYSTEM, organisation=organisation, url=f"{url}?{number}")
        events.hand_over(events=made, endpoints=[added])


def taken(turns: taking.Turns, *flying: WebhookDelivery) -> list[WebhookDelivery]:
    return turns.take(flying=flying)


def test_slow_receivers_of_one_customer_keep_no_other_waiting(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BUDGET_S", 2.0)
    inside, most, lock = Counter[str](), [0], threading.Lock()
    besides_came = threading.Event()

    def at_once(got: Got) -> int:
        if len(receiver.got) >= 3:
            besides_came.set()
        return 200

    def slowly(got: Got) -> int:
        with lock:
            inside[got.path] += 1
            most[0] = max(most[0], inside.total())
        # Nobody else's wait hangs on these: they answer when the others' have come.
        assert besides_came.wait(PATIENCE_S)
        time.sleep(0.6)
        with lock:
            inside[got.path] -= 1
        return 200

    receiver.answer = at_once
    with receiving() as slow:
        slow.answer = slowly
        load(world.organisation, slow.url, each=24, count=12)
        load(make_world("Beside").organisation, receiver.url, each=3)
        sending.send_due(linger=False)
        assert len(receiver.got) == 3
        assert besides_came.is_set()
        assert most[0] == taking.AT_ONCE_A_CUSTOMER
        # Of the customer's own endpoints each gets its turn.
        assert len({got.path for got in slow.got}) == 12


def test_while_late_answers_are_awaited_the_others_go_on(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BUDGET_S", 0.8)
    monkeypatch.setattr(sending, "LATE_S", 0.5)
    monkeypatch.setattr(outcome, "TIMEOUT_S", 2 * PATIENCE_S)
    all_there = threading.Event()

    def answer(got: Got) -> int:
        time.sleep(0.05)
        if len(receiver.got) >= 80:
            all_there.set()
        return 200

    receiver.answer = answer
    with receiving() as slow:
        slow.answer = lambda got: (all_there.wait(PATIENCE_S), 200)[1]
        load(world.organisation, slow.url, each=6)
        load(make_world("Beside").organisation, receiver.url, each=80)
        sending.send_due(linger=False)
        # More than the time to take lets through; and of the late ones no more than were sent.
        assert len(receiver.got) == 80
        assert receiver.got[-1].at - receiver.got[0].at > 0.8
        assert len(slow.got) == taking.AT_ONCE_AN_ENDPOINT


def test_a_sandbox_takes_the_lanes_of_its_customer(world: World, settings: Any) -> None:
    settings.ALLOW_LOOPBACK = True
    sandbox = open_sandbox(actor=world.actor, organisation=world.organisation)
    for organisation in (world.organisation, sandbox):
        load(organisation, "http://127.0.0.1/", each=4, count=4)
    turns = taking.Turns()
    first = taken(turns)
    assert len(first) == taking.AT_ONCE_A_CUSTOMER
    assert Counter(each.endpoint_id for each in first).most_common(1)[0][1] == 1
    assert taken(turns, *first) == []
    assert len(taken(turns, *first[1:])) == 1


def test_lanes_are_shared_out_customer_by_customer(world: World, settings: Any) -> None:
    settings.ALLOW_LOOPBACK = True
    load(world.organisation, "http://127.0.0.1/", each=30, count=3)
    others = [make_world(f"Other {number}").organisation for number in range(5)]
    for organisation in others:
        load(organisation, "http://127.0.0.1/", each=30, count=3)
    turns = taking.Turns()
    flying = taken(turns)
    shares = Counter(taking.customer_of(each) for each in flying)
    assert sorted(shares.values()) == [5, 5, 5, 5, 6, 6]
    # Whoever comes last is next, though all the others have waited longer.
    late = make_world("Late").organisation
    load(late, "http://127.0.0.1/", each=1)
    assert [taking.customer_of(each) for each in taken(turns, *flying[1:])] == [late.pk]


def test_each_endpoint_of_a_customer_has_its_turn(world: World, settings: Any) -> None:
    """With more endpoints than lanes the one that has waited least is not passed over for ever."""
    settings.ALLOW_LOOPBACK = True
    load(world.organisation, "http://127.0.0.1/", each=9, count=12)
    WebhookDelivery.objects.update(next_at=timezone.now() - timedelta(hours=1))
    load(world.organisation, "http://127.0.0.1/last", each=1)
    turns, flying, sent = taking.Turns(), list[WebhookDelivery](), list[WebhookDelivery]()
    for _ in range(13):
        more = taken(turns, *flying)
        sent += more
        flying = [*flying, *more][1:]
    last = WebhookEndpoint.objects.get(url__contains="last")
    assert last.pk in {each.endpoint_id for each in sent[:13]}
