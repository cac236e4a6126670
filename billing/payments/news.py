"""What is still to be read at Stripe, until it has been."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from billing.models import PaymentNews
from billing.payments import fulfilment
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=6)
_AT_ONCE = 200


def heard(*, source_id: str) -> None:
    """Something happened to a payment: have it read soon. Part of the transaction around it."""
    due = timezone.now() + _FIRST_WAIT
    _news, made = PaymentNews.objects.get_or_create(source_id=source_id, defaults={"due_at": due})
    if not made:
        PaymentNews.objects.filter(source_id=source_id).update(
            asked=F("asked") + 1, attempts=0, due_at=due
        )
    async_task("billing.tasks.read_payment", source_id)


def read(*, source_id: str) -> bool:
    """Read a payment if anything is new about it. Returns whether it was read.

    What is heard meanwhile keeps it to be read again; where Stripe is away, a later sweep does.
    """
    found = PaymentNews.objects.filter(source_id=source_id, asked__gt=F("read")).first()
    if found is None:
        return False
    rows = PaymentNews.objects.filter(pk=found.pk)
    try:
        fulfilment.fulfil(source_id=source_id)
    except Problem as problem:
        wait = min(_FIRST_WAIT * 2**found.attempts, _LONGEST_WAIT)
        rows.update(
            attempts=min(found.attempts + 1, 20),
            due_at=timezone.now() + wait,
            problem=problem.sentence[:300],
        )
        log.warning("payment_not_read", source=source_id, problem=problem.code)
        return False
    rows.filter(read__lt=found.asked).update(read=found.asked, attempts=0, problem="")
    return True


def waits(*, source_id: str) -> bool:
    """Whether something was heard of a payment that is still to be read."""
    return PaymentNews.objects.filter(source_id=source_id, asked__gt=F("read")).exists()


def read_due() -> int:
    """Have everything read again that is due, as its message was lost or Stripe was away."""
    now = timezone.now()
    due = PaymentNews.objects.filter(asked__gt=F("read"), due_at__lte=now).order_by("due_at")
    waiting = list(due.values_list("source_id", flat=True)[:_AT_ONCE])
    for source_id in waiting:
        # Not again at the next sweep, while this message still waits in a long queue.
        PaymentNews.objects.filter(source_id=source_id).update(due_at=now + timedelta(minutes=5))
        async_task("billing.tasks.read_payment", source_id)
    return len(waiting)
