"""The sender: takes what is due and has many requests under way at once.

One sender runs at a time, in a task of the default cluster. Of every endpoint and every customer a
few requests are under way at most (taking), so that a slow one keeps nobody else waiting; and one
that lets every request wait and then fails is left alone for some minutes (deliveries.record), so
that it costs the task little. Threads do nothing but the request; rows are read and written by the
task's own thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from accounts.models import Event, WebhookDelivery, WebhookEndpoint, WebhookSecret
from accounts.webhooks import deliveries, outcome, signing, taking
from accounts.webhooks.outcome import Outcome, Outgoing
from headshots.lib.sealed import SealBroken

# How long one task goes on taking; others want their turn.
BUDGET_S = 20.0
# While those are awaited in the end that have been under way for so long, the rest goes on.
LATE_S = 1.0
# A retry that is due this soon is waited for.
LINGER_S = 6.0
_LOOK_S = 0.2
_LOCK = 0x57EB_400C


def send_due(*, linger: bool = True) -> int:
    """Send whatever is due; returns how many requests were made.

    Returns at once where another sender runs, which will take what is due.
    """
    made = 0
    deadline = time.monotonic() + BUDGET_S
    while _lock():
        try:
            made += _run(deadline, linger)
        finally:
            _unlock()
        # Whoever came between our last look and here found us running and went away again.
        if not _ready().filter(next_at__lte=timezone.now()).exists():
            break
        if time.monotonic() >= deadline:
            async_task("accounts.tasks.send_webhooks")
            break
    return made


def sweep() -> dict[str, int]:
    """Wake the sender where something is due, switch off what has failed for too long though
    nothing is tried there, and forget what is older than KEPT."""
    given_up = deliveries.give_up()
    due = _ready().filter(next_at__lte=timezone.now()).exists()
    if due:
        async_task("accounts.tasks.send_webhooks")
    before = timezone.now() - deliveries.KEPT
    # Identifiers begin with the time, so the oldest are found without an index of their own.
    oldest = UUID(int=int(before.timestamp() * 1000) << 80)
    old = Event.objects.filter(pk__lt=oldest).exclude(deliveries__state="waiting")
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:1000])
    Event.objects.filter(pk__in=ids).delete()
    WebhookSecret.objects.filter(expires_at__lt=timezone.now()).delete()
    return {"webhooks_due": int(due), "webhooks_off": given_up, "events_forgotten": len(ids)}


def _run(deadline: float, linger: bool) -> int:
    made = 0
    turns = taking.Turns()
    flying: dict[Future[Outcome], WebhookDelivery] = {}
    late: set[WebhookDelivery] | None = None
    with ThreadPoolExecutor(taking.AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            now = time.monotonic()
            if now >= deadline and late is None:
                late = _late(flying.values())
            going_on = late and now < deadline + outcome.TIMEOUT_S
            if late is None or (going_on and late.intersection(flying.values())):
                slow = {taking.customer_of(each) for each in late or ()}
                for delivery in turns.take(flying=flying.values(), passed_over=slow):
                    flying[pool.submit(_request(delivery))] = delivery
                    made += 1
            if not flying:
                pause = _next_due()
                if not linger or pause > LINGER_S or time.monotonic() + pause > deadline:
                    return made
                time.sleep(max(pause, 0.01))
                continue
            done, _ = wait(flying, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
            for future in done:
                deliveries.record(delivery=flying.pop(future), outcome=future.result())


def _late(flying: Iterable[WebhookDelivery]) -> set[WebhookDelivery]:
    """Those that have kept us waiting for LATE_S."""
    then = timezone.now() + taking.CLAIM - timedelta(seconds=LATE_S)
    return {each for each in flying if each.claimed_until and each.claimed_until < then}


def _request(delivery: WebhookDelivery) -> Callable[[], Outcome]:
    """What a thread shall do for this delivery."""
    endpoint, event = delivery.endpoint, delivery.event
    try:
        signed = signing.headers(
            endpoint=endpoint, event_id=str(event.pk), payload=event.payload, at=timezone.now()
        )
    except SealBroken:
        lost = _("The secret cannot be read after a change of the server's key. Rotate it.")
        return lambda: Outcome(endpoint.url, {}, None, problem=lost)
    outgoing = Outgoing(
        url=endpoint.url,
        headers={"Content-Type": "application/json", "User-Agent": "Headshots-Webhooks/1"} | signed,
        body=event.payload.encode(),
        allow_loopback=settings.ALLOW_LOOPBACK,
    )
    return lambda: outcome.send(outgoing)


def _ready() -> QuerySet[WebhookDelivery]:
    now = timezone.now()
    resting = WebhookEndpoint.objects.filter(Q(rests_until__gt=now) | Q(disabled_at__isnull=False))
    return WebhookDelivery.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lte=now), state=WebhookDelivery.State.WAITING
    ).exclude(endpoint__in=resting)


def _next_due() -> float:
    """Seconds until the next delivery is due; a great many where none is."""
    first = _ready().aggregate(first=Min("next_at"))["first"]
    return (first - timezone.now()).total_seconds() if first else 1e9


def _lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        row = cursor.fetchone()
        return bool(row and row[0])


def _unlock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
