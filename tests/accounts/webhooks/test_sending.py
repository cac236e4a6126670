"""Deliveries: signed, retried by the schedule, replayed; nobody waits for somebody else."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.core import mail
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts import tasks
from accounts.models import (
    AuditEntry,
    Event,
    Role,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)
from accounts.webhooks import deliveries, endpoints, outcome, sending, taking
from generation.models import State
from headshots.lib.problems import Problem
from tests.accounts.webhooks.receiver import Receiver, receiving
from tests.accounts.webhooks.times import pass_time
from tests.world import World


def add(world: World, receiver: Receiver, **more: object) -> tuple[WebhookEndpoint, str]:
    return endpoints.add(
        actor=world.actor, organisation=world.organisation, url=receiver.url, **more
    )


def test_the_reference_verifier_accepts_and_nothing_altered(
    world: World, receiver: Receiver
) -> None:
    _, secret = add(world, receiver)
    world.shoot(State.QUEUED)
    assert sending.send_due() == 5
    assert sorted(receiver.types) == sorted(
        ["order.placed", "shoot.invited", "release.signed", "shoot.collecting", "shoot.queued"]
    )
    got = receiver.got[0]
    assert Webhook(secret).verify(got.body, got.headers)["id"] == got.headers["webhook-id"]
    altered = bytes([*got.body[:-2], got.body[-2] ^ 1, got.body[-1]])
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(altered, got.headers)
    assert not WebhookSecret.objects.filter(sealed__contains=secret[6:]).exists()
    assert sending.send_due() == 0


def test_both_secrets_are_good_in_the_middle_of_a_rotation(
    world: World, receiver: Receiver
) -> None:
    endpoint, old = add(world, receiver, types=["order.placed"])
    new = endpoints.rotate(actor=world.actor, endpoint=endpoint)
    world.order()
    sending.send_due()
    for secret in (old, new):
        Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)
    pass_time(timedelta(hours=23, minutes=59))
    world.order()
    sending.send_due()
    Webhook(old).verify(receiver.got[1].body, receiver.got[1].headers)
    pass_time(timedelta(minutes=2))
    world.order()
    sending.send_due()
    Webhook(new).verify(receiver.got[2].body, receiver.got[2].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(receiver.got[2].body, receiver.got[2].headers)
    sending.sweep()
    assert WebhookSecret.objects.count() == 1
    assert endpoints.reveal(actor=world.actor, endpoint=endpoint) == new
    assert AuditEntry.objects.filter(action="webhook.secret_seen").count() == 1


def test_the_schedule_is_the_references_with_jitter(world: World, receiver: Receiver) -> None:
    endpoint, _ = add(world, receiver, types=["order.placed"])
    receiver.answer = lambda got: 500
    world.order()
    delivery = WebhookDelivery.objects.get()
    pauses = []
    for _attempt in range(10):
        sending.send_due(linger=False)
        delivery.refresh_from_db()
        if delivery.next_at:
            pauses.append((delivery.next_at - timezone.now()).total_seconds())
            pass_time(delivery.next_at - timezone.now())
    wanted = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert len(pauses) == len(wanted)
    for pause, exact in zip(pauses, wanted, strict=True):
        assert 0.89 * exact - 1 <= pause <= 1.11 * exact
    assert delivery.state == WebhookDelivery.State.FAILED
    assert delivery.attempts.count() == len(receiver.got) == 10
    assert len(set(receiver.ids)) == 1
    assert len({got.body for got in receiver.got}) == 1
    # Of the whole schedule, under four days: the endpoint itself is still on.
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is None


def test_the_first_retry_comes_within_the_same_run(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    sleep = time.sleep

    def note(pause: float) -> None:
        slept.append(pause)
        sleep(pause)

    monkeypatch.setattr(sending, "time", SimpleNamespace(monotonic=time.monotonic, sleep=note))
    add(world, receiver, types=["order.placed"])
    receiver.answer = lambda got: 503 if len(receiver.got) == 1 else 200
    world.order()
    assert sending.send_due() == 2
    first, second = receiver.got
    assert second.at - first.at > 4
    # It waits for as long as the schedule says and no longer, however slow the machine is.
    assert sum(slept) < 5.6
    assert WebhookDelivery.objects.get().state == WebhookDelivery.State.DELIVERED


def test_down_for_a_day_and_nothing_is_lost(world: World, receiver: Receiver) -> None:
    _, secret = add(world, receiver)
    receiver.answer = lambda got: 500
    passed = timedelta()
    for hour in range(24):
        if hour % 6 == 0:
            world.shoot(State.COLLECTING)
        sending.send_due(linger=False)
        pass_time(timedelta(hours=1))
        passed += timedelta(hours=1)
    events = set(Event.objects.values_list("pk", flat=True))
    assert len(events) == 16
    assert not WebhookDelivery.objects.exclude(state=WebhookDelivery.State.WAITING).exists()
    receiver.got.clear()
    receiver.answer = lambda got: 200
    while WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING).exists():
        sending.send_due(linger=False)
        pass_time(timedelta(hours=1))
        passed += timedelta(hours=1)
        assert passed < timedelta(hours=48)
    assert sorted(receiver.ids) == sorted(str(pk) for pk in events)
    for got in receiver.got:
        Webhook(secret).verify(got.body, got.headers)


def test_a_slow_one_keeps_nobody_else_waiting(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "TIMEOUT_S", 1.5)
    with receiving() as slow:
        answered: list[float] = []
        slow.answer = lambda got: (time.sleep(5), answered.append(time.monotonic()), 200)[2]
        stuck, _ = add(world, slow, types=["shoot.invited"])
        add(world, receiver, types=["shoot.invited"])
        world.order(12)
        sending.send_due(linger=False)
        # The slow one got what it can have at once and is then left alone.
        assert len(slow.got) == taking.AT_ONCE_AN_ENDPOINT
        assert len(receiver.got) == 12
        while len(answered) < len(slow.got):
            time.sleep(0.05)
    assert max(got.at for got in receiver.got) < min(answered)
    stuck.refresh_from_db()
    assert stuck.rests_until
    attempt = WebhookAttempt.objects.filter(delivery__endpoint=stuck)[0]
    assert "within 1.5 seconds" in attempt.problem
    pass_time(timedelta(minutes=11))
    assert sending.send_due(linger=False) >= 1


def test_each_attempt_is_written_down(world: World, receiver: Receiver) -> None:
    endpoint, secret = add(world, receiver, types=["order.placed"])
    receiver.answer = lambda got: (302, {"Location": f"{receiver.url}/elsewhere", "X-Their": "1"})
    world.order()
    sending.send_due(linger=False)
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.answer, attempt.number) == (302, "answer 302", 1)
    assert attempt.answer_headers["X-Their"] == "1"
    assert "redirects are not followed" in attempt.problem
    assert attempt.request_headers["webhook-id"] == receiver.got[0].headers["webhook-id"]
    assert secret not in str(attempt.request_headers)
    assert [got.path for got in receiver.got] == ["/hooks"]
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url="http://127.0.0.1:1/")
    pass_time(timedelta(seconds=10))
    sending.send_due(linger=False)
    attempt = WebhookAttempt.objects.get(number=2)
    assert attempt.status is None
    assert "No connection" in attempt.problem


def test_410_switches_off_and_tells(world: World, receiver: Receiver) -> None:
    world.member(Role.ADMIN)
    world.member(Role.VIEWER)
    endpoint, _ = add(world, receiver, types=["order.placed"])
    receiver.answer = lambda got: 410
    world.order()
    sending.send_due()
    endpoint.refresh_from_db()
    assert endpoint.disabled_because == WebhookEndpoint.Disabled.GONE
    tasks.send_webhook_disabled(str(endpoint.pk))
    assert len(mail.outbox) == 2
    assert f"/webhooks/{endpoint.pk}" in mail.outbox[0].body
    assert "410 Gone" in mail.outbox[0].body
    world.order()
    assert sending.send_due() == 0
    with pytest.raises(Problem, match="switched off"):
        endpoints.send_test(actor=world.actor, endpoint=endpoint)


def test_five_days_of_failure_switch_off_a_working_day_before_does_not(
    world: World, receiver: Receiver
) -> None:
    endpoint, _ = add(world, receiver, types=["order.placed"])
    receiver.answer = lambda got: 500
    for _day in range(3):
        world.order()
        sending.send_due(linger=False)
        pass_time(timedelta(days=1))
    receiver.answer = lambda got: 200
    sending.send_due(linger=False)
    receiver.answer = lambda got: 500
    for day in range(6):
        endpoint.refresh_from_db()
        assert endpoint.disabled_at is None, day
        world.order()
        sending.send_due(linger=False)
        pass_time(timedelta(days=1))
    endpoint.refresh_from_db()
    assert endpoint.disabled_because == WebhookEndpoint.Disabled.FAILING
    # Switched on again, it gets what waited.
    waiting = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING).count()
    assert waiting
    receiver.got.clear()
    receiver.answer = lambda got: 200
    endpoints.enable(actor=world.actor, endpoint=endpoint)
    pass_time(timedelta(days=1))
    assert sending.send_due() == len(receiver.got) == waiting


def test_five_days_of_failure_switch_off_where_nothing_is_tried(
    world: World, receiver: Receiver
) -> None:
    failing, _ = add(world, receiver, types=["order.placed"])
    working, _ = add(world, receiver, types=["shoot.invited"])
    receiver.answer = lambda got: 500 if "order.placed" in got.body.decode() else 200
    world.order()
    for _attempt in range(10):
        sending.send_due(linger=False)
        waiting = WebhookDelivery.objects.filter(endpoint=failing, next_at__isnull=False).first()
        if waiting:
            pass_time(waiting.next_at - timezone.now())
    made = len(receiver.got)
    failing.refresh_from_db()
    assert sending.sweep()["webhooks_off"] == 0
    assert failing.failing_since
    pass_time(deliveries.GIVE_UP - (timezone.now() - failing.failing_since) - timedelta(hours=1))
    assert sending.sweep()["webhooks_off"] == 0
    pass_time(timedelta(hours=2))
    assert sending.sweep()["webhooks_off"] == 1
    assert sending.sweep()["webhooks_off"] == 0
    for endpoint in (failing, working):
        endpoint.refresh_from_db()
    assert failing.disabled_because == WebhookEndpoint.Disabled.FAILING
    assert working.disabled_at is None
    assert len(receiver.got) == made
    tasks.send_webhook_disabled(str(failing.pk))
    assert [letter.to for letter in mail.outbox] == [[world.owner.email]]
    assert AuditEntry.objects.filter(action="webhook.disabled").count() == 1


def test_a_new_address_has_five_days_of_its_own(world: World, receiver: Receiver) -> None:
    endpoint, _ = add(world, receiver, types=["order.placed"])
    receiver.answer = lambda got: 500
    world.order()
    sending.send_due(linger=False)
    pass_time(deliveries.GIVE_UP - timedelta(hours=1))
    endpoints.change(actor=world.actor, endpoint=endpoint, url=f"{receiver.url}/v2")
    pass_time(timedelta(hours=2))
    assert sending.sweep()["webhooks_off"] == 0
    world.order()
    sending.send_due(linger=False)
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is None
    # The same address again begins nothing anew.
    failing = endpoint.failing_since
    endpoints.change(actor=world.actor, endpoint=endpoint, url=endpoint.url, types=[])
    endpoint.refresh_from_db()
    assert endpoint.failing_since == failing is not None


def test_replaying_one_and_all_since(world: World, receiver: Receiver) -> None:
    early = timezone.now()
    world.order()
    endpoint, _ = add(world, receiver, types=["order.placed"])
    world.order()
    sending.send_due()
    assert len(receiver.got) == 1
    delivery = WebhookDelivery.objects.get()
    deliveries.replay(actor=world.actor, delivery=delivery)
    sending.send_due()
    assert receiver.ids[0] == receiver.ids[1]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts_made) == (WebhookDelivery.State.DELIVERED, 2)
    # What happened before the endpoint was there comes, too; what arrived is left alone.
    receiver.got.clear()
    assert deliveries.replay_since(actor=world.actor, endpoint=endpoint, since=early) == 1
    sending.send_due()
    assert len(receiver.got) == 1
    receiver.got.clear()
    count = deliveries.replay_since(
        actor=world.actor, endpoint=endpoint, since=early, all_of_them=True
    )
    sending.send_due()
    assert count == len(set(receiver.ids)) == 2
    with pytest.raises(Problem, match="future"):
        deliveries.replay_since(
            actor=world.actor, endpoint=endpoint, since=timezone.now() + timedelta(hours=1)
        )


def test_replaying_between_two_moments(world: World, receiver: Receiver) -> None:
    orders = [world.order() for _ in range(3)]
    endpoint, _ = add(world, receiver, types=["order.placed"])
    first, second, third = (
        Event.objects.get(type="order.placed", object_id=str(order.pk)) for order in orders
    )
    when = {"since": first.created_at, "until": third.created_at}
    assert deliveries.replay_since(actor=world.actor, endpoint=endpoint, **when) == 2
    sending.send_due()
    # What happened at the end itself is outside.
    assert set(receiver.ids) == {str(first.pk), str(second.pk)}
    entry = AuditEntry.objects.filter(action="webhook.replayed").latest("created_at")
    assert entry.details["until"] == third.created_at.isoformat(timespec="seconds")
    # Of what was sent, too, and what is later is left alone.
    receiver.got.clear()
    when["since"] = second.created_at
    again = deliveries.replay_since(actor=world.actor, endpoint=endpoint, all_of_them=True, **when)
    sending.send_due()
    assert (again, receiver.ids) == (1, [str(second.pk)])
    for until in (second.created_at, first.created_at):
        with pytest.raises(Problem, match="not after the beginning"):
            deliveries.replay_since(
                actor=world.actor, endpoint=endpoint, since=second.created_at, until=until
            )


def test_a_test_reaches_the_endpoint_alone(world: World, receiver: Receiver) -> None:
    endpoint, secret = add(world, receiver, types=["order.placed"])
    add(world, receiver)
    endpoints.send_test(actor=world.actor, endpoint=endpoint)
    sending.send_due()
    assert receiver.types == ["webhook.test"]
    assert receiver.got[0].json["data"]["id"] == str(endpoint.pk)
    Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)


def test_what_a_killed_sender_had_is_sent_again(world: World, receiver: Receiver) -> None:
    add(world, receiver, types=["order.placed"])
    world.order()
    assert len(taking.Turns().take(flying=[])) == 1
    assert sending.send_due() == 0
    WebhookDelivery.objects.update(claimed_until=timezone.now())
    assert sending.send_due() == 1


def test_old_events_are_forgotten_waiting_ones_are_not(world: World, receiver: Receiver) -> None:
    import uuid

    from accounts.webhooks import events

    def old(days: int) -> uuid.UUID:
        at = timezone.now() - timedelta(days=days)
        return uuid.UUID(int=(int(at.timestamp() * 1000) << 80) | uuid.uuid4().int >> 50)

    endpoint, _ = add(world, receiver)
    rows = [
        Event(
            pk=old(days), organisation=world.organisation, type="order.placed", object="order",
            object_id="1", payload="{}",
        )
        for days in (31, 31, 29)
    ]  # fmt: skip
    Event.objects.bulk_create(rows)
    events.hand_over(events=rows[:1], endpoints=[endpoint])
    assert sending.sweep()["events_forgotten"] == 1
    assert set(Event.objects.values_list("pk", flat=True)) == {rows[0].pk, rows[2].pk}


def test_events_come_in_their_order_to_a_receiver_that_keeps_up(
    world: World, receiver: Receiver
) -> None:
    add(world, receiver)
    world.shoot(State.COLLECTING)
    sending.send_due()
    due = [WebhookDelivery.objects.get(event=pk).created_at for pk in receiver.ids]
    assert len(due) == 4
    assert sum(one > two for one, two in pairwise(due)) <= taking.AT_ONCE_AN_ENDPOINT
