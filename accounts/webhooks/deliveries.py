"""What becomes of an attempt, and sending again by hand."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints, events
from accounts.webhooks.outcome import Outcome
from headshots.lib import numbers
from headshots.lib.problems import Problem

# How long after each failed attempt the next one comes; after the last there is none.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1
GIVE_UP = timedelta(days=5)
KEPT = timedelta(days=30)
MOST_REPLAYED = events.MOST_AT_ONCE
# An address that keeps us waiting is left alone for a while, longer each time in a row.
FIRST_REST = timedelta(seconds=15)
LONGEST_REST = timedelta(minutes=10)


@transaction.atomic
def record(*, delivery: WebhookDelivery, outcome: Outcome) -> None:
    """Write an attempt down and say what is next: nothing, a retry, or the endpoint's end.

    Nothing is written where the claim under which it was made has been lost meanwhile.
    """
    endpoint = (
        WebhookEndpoint.objects.select_for_update(of=("self",))
        .filter(pk=delivery.endpoint_id)
        .select_related("organisation")
        .first()
    )
    mine = WebhookDelivery.objects.select_for_update().filter(
        pk=delivery.pk, claimed_until=delivery.claimed_until
    )
    current = mine.first()
    if endpoint is None or current is None:
        return
    now = timezone.now()
    current.tries += 1
    current.attempts_made += 1
    current.claimed_until = None
    current.status = outcome.status
    WebhookAttempt.objects.create(
        delivery=current,
        number=current.attempts_made,
        url=outcome.url,
        request_headers=outcome.request_headers,
        status=outcome.status,
        answer_headers=outcome.answer_headers,
        answer=outcome.answer,
        problem=outcome.problem,
        milliseconds=outcome.milliseconds,
    )
    if not outcome.problem:
        current.state, current.next_at = WebhookDelivery.State.DELIVERED, None
        current.delivered_at = now
    elif current.tries > len(PAUSES) or outcome.status == 410:
        current.state, current.next_at = WebhookDelivery.State.FAILED, None
    else:
        current.next_at = now + _jittered(PAUSES[current.tries - 1])
    current.save()
    _judge(endpoint, outcome, now)


def _judge(endpoint: WebhookEndpoint, outcome: Outcome, now: datetime) -> None:
    """What an attempt says about its endpoint."""
    failing, rests, waits = endpoint.failing_since, endpoint.rests_until, endpoint.waits
    if not outcome.problem:
        failing, rests, waits = None, None, 0
    else:
        failing = failing or now
        if outcome.waited:
            rests = now + min(FIRST_REST * 2 ** min(waits, 10), LONGEST_REST)
            waits += 1
    if (failing, rests, waits) != (endpoint.failing_since, endpoint.rests_until, endpoint.waits):
        endpoint.failing_since, endpoint.rests_until, endpoint.waits = failing, rests, waits
        endpoint.save(update_fields=["failing_since", "rests_until", "waits"])
    if outcome.status == 410:
        endpoints.disable(actor=SYSTEM, endpoint=endpoint, because=WebhookEndpoint.Disabled.GONE)
    elif failing and now - failing >= GIVE_UP:
        endpoints.disable(actor=SYSTEM, endpoint=endpoint, because=WebhookEndpoint.Disabled.FAILING)


def give_up() -> int:
    """Switch off endpoints that have failed for GIVE_UP and where no attempt comes that would
    find it out; returns how many."""
    since = timezone.now() - GIVE_UP
    lost = WebhookEndpoint.objects.filter(failing_since__lte=since, disabled_at=None)
    count = 0
    for found in lost[:200]:
        with transaction.atomic():
            # Looked at again under the lock: an attempt may have gone through meanwhile.
            endpoint = lost.select_for_update(of=("self",)).filter(pk=found.pk).first()
            if endpoint:
                endpoints.disable(
                    actor=SYSTEM, endpoint=endpoint, because=WebhookEndpoint.Disabled.FAILING
                )
                count += 1
    return count


@transaction.atomic
def replay(*, actor: Actor, delivery: WebhookDelivery) -> None:
    """Send one event again, now, under the same id; a failure begins the schedule anew.

    Raises Problem (409) where the endpoint is switched off, and (403) as `check_theirs` does.
    """
    endpoints.check_theirs(actor=actor, endpoint=delivery.endpoint)
    _refuse_disabled(delivery.endpoint)
    _again(WebhookDelivery.objects.filter(pk=delivery.pk))
    audit.record(
        actor=actor,
        organisation=delivery.endpoint.organisation,
        action="webhook.replayed",
        about=delivery.endpoint,
        event=str(delivery.event_id),
    )
    async_task("accounts.tasks.send_webhooks")


@transaction.atomic
def replay_since(
    *,
    actor: Actor,
    endpoint: WebhookEndpoint,
    since: datetime,
    until: datetime | None = None,
    all_of_them: bool = False,
) -> int:
    """Send again what happened from `since` on and before `until` (None: until now) and was not
    delivered, or `all_of_them`.

    What was never on its way, as the endpoint was switched off or did not ask for it, is sent as
    well where it asks for it now. Returns how many. Raises Problem: switched off, later than now,
    before KEPT, an end that is not after the beginning, too many; (403) as `check_theirs` does.
    """
    endpoints.check_theirs(actor=actor, endpoint=endpoint)
    _refuse_disabled(endpoint)
    now = timezone.now()
    if since > now:
        raise Problem(_("This lies in the future."), code="since", field="since")
    if since < now - KEPT - timedelta(days=1):
        raise Problem(
            _("Events are kept for {days} days.").format(days=KEPT.days),
            code="since",
            field="since",
        )
    if until is not None and until <= since:
        raise Problem(
            _("The end is not after the beginning."), code="until_before_since", field="until"
        )
    wanted = events.wanted_by(endpoint).filter(created_at__gte=since)
    if until is not None:
        wanted = wanted.filter(created_at__lt=until)
    missing = wanted.exclude(deliveries__endpoint=endpoint).order_by("created_at")
    existing = WebhookDelivery.objects.filter(endpoint=endpoint, event__in=wanted)
    if not all_of_them:
        existing = existing.exclude(state=WebhookDelivery.State.DELIVERED)
    count = missing.count() + existing.count()
    if count > MOST_REPLAYED:
        raise Problem(
            _(
                "These are {count} events; at most {most_replayed} are sent again at "
                "once. Choose a shorter time."
            ).format(count=numbers.grouped(count), most_replayed=numbers.grouped(MOST_REPLAYED)),
            code="too_many",
            field="since",
        )
    _again(existing)
    events.hand_over(events=missing, endpoints=[endpoint])
    audit.record(
        actor=actor,
        organisation=endpoint.organisation,
        action="webhook.replayed",
        about=endpoint,
        since=since.isoformat(timespec="seconds"),
        **({"until": until.isoformat(timespec="seconds")} if until else {}),
        events=count,
    )
    async_task("accounts.tasks.send_webhooks")
    return count


def _again(found: QuerySet[WebhookDelivery]) -> None:
    now = timezone.now()
    found.update(
        state=WebhookDelivery.State.WAITING,
        tries=0,
        next_at=now,
        claimed_until=None,
        delivered_at=None,
        updated_at=now,
    )


def _refuse_disabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at:
        raise Problem(
            _("This endpoint is switched off. Switch it on first."), code="disabled", status=409
        )


def _jittered(pause: timedelta) -> timedelta:
    return pause * random.uniform(1 - JITTER, 1 + JITTER)
