"""Telling partners what happened: an outbox in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django_q.tasks import async_task

from accounts.models import Event, Organisation, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import payloads
from accounts.webhooks.types import TEST, TYPES
from headshots.lib.ids import uuid7

MOST_AT_ONCE = 10_000
# An event is dated before its transaction looks at who listens.
_EARLIER = timedelta(minutes=1)


def emit(
    *,
    organisation: Organisation,
    type: str,
    resource: Model,
    once: bool | str = False,
) -> None:
    """Tell every endpoint of the organisation that wants it. Belongs into the transaction of what
    happened, so that neither stands without the other.

    `type` is a name of accounts.webhooks.types, `resource` the row that it is about. With `once`
    an event of this type about this row is told a single time, however often this is called;
    where `once` is a text, a single time for each text.
    Raises RuntimeError outside a transaction.
    """
    emit_all(organisation=organisation, type=type, resources=[resource], once=once)


def emit_all(
    *,
    organisation: Organisation,
    type: str,
    resources: Iterable[Model],
    once: bool | str = False,
) -> None:
    """The same for many rows, in a constant number of statements."""
    if not connection.in_atomic_block:
        raise RuntimeError("An event belongs into the transaction of what it tells.")
    kind = TYPES[type].object
    which = f":{once}" if isinstance(once, str) else ""
    now = timezone.now()
    events = []
    for resource in resources:
        event_id, object_id = uuid7(), str(resource.pk)
        events.append(
            Event(
                id=event_id,
                organisation=organisation,
                type=type,
                object=kind,
                object_id=object_id,
                once=f"{type}:{object_id}{which}" if once else None,
                payload=payloads.text(
                    organisation=organisation,
                    event_id=event_id,
                    type=type,
                    time=now,
                    object_id=object_id,
                ),
            )
        )
    if once:
        Event.objects.bulk_create(events, batch_size=1000, ignore_conflicts=True)
        written = set(
            Event.objects.filter(pk__in=[event.pk for event in events]).values_list("pk", flat=True)
        )
        events = [event for event in events if event.pk in written]
    else:
        Event.objects.bulk_create(events, batch_size=1000)
    hand_over(events=events, endpoints=_listening(organisation, type))


def hand_over(*, events: Iterable[Event], endpoints: Iterable[WebhookEndpoint]) -> None:
    """Put events on their way to endpoints."""
    deliveries = [
        WebhookDelivery(event=event, endpoint=endpoint)
        for endpoint in endpoints
        for event in events
    ]
    if deliveries:
        WebhookDelivery.objects.bulk_create(deliveries, batch_size=1000)
        async_task("accounts.tasks.send_webhooks")


def wanted_by(endpoint: WebhookEndpoint) -> QuerySet[Event]:
    """Every event of its organisation that an endpoint asks for, whether it was sent or not."""
    of_types = Q(type__in=endpoint.types) if endpoint.types else ~Q(type=TEST)
    return Event.objects.filter(of_types, organisation=endpoint.organisation_id)


def hand_over_missed(*, endpoint: WebhookEndpoint, since: datetime) -> Event | None:
    """Put on its way to an endpoint what has happened since it was switched off, in its order, and
    at most MOST_AT_ONCE events; returns the first that is left."""
    since = max(since - _EARLIER, endpoint.created_at)
    missed = (
        wanted_by(endpoint)
        .filter(created_at__gte=since)
        .exclude(deliveries__endpoint=endpoint)
        .order_by("created_at", "pk")
        .defer("payload")
    )
    found = list(missed[: MOST_AT_ONCE + 1])
    hand_over(events=found[:MOST_AT_ONCE], endpoints=[endpoint])
    return found[MOST_AT_ONCE] if len(found) > MOST_AT_ONCE else None


def _listening(organisation: Organisation, type: str) -> list[WebhookEndpoint]:
    return list(
        WebhookEndpoint.objects.filter(
            Q(types=[]) | Q(types__contains=[type]),
            organisation=organisation,
            disabled_at=None,
        )
    )
