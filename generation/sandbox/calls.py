"""Telling the sandbox's engine that there is something to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django_q.tasks import async_task

from accounts.models import Organisation
from generation.models import Order, Shoot
from generation.sandbox import script

# A shoot of the sandbox is leased for ever, so that no GPU worker ever claims it.
FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)

_at_work: ContextVar[bool] = ContextVar("sandbox_at_work", default=False)


def is_sandbox(organisation: Organisation) -> bool:
    """Whether this is the world of test keys."""
    return organisation.sandbox_of_id is not None


def wake(order: Order) -> None:
    """Have an order of the sandbox gone on with, once the transaction around has committed; one
    that is real is left alone. While the engine itself is at work, it needs no telling."""
    if is_sandbox(order.organisation) and not _at_work.get():
        async_task("generation.tasks.advance_sandbox", str(order.pk))


@contextmanager
def at_work() -> Iterator[None]:
    """While the engine plays its part, and its own steps wake nobody."""
    before = _at_work.set(True)
    try:
        yield
    finally:
        _at_work.reset(before)


def wake_stalled() -> int:
    """Wake orders of sandboxes whose message was lost; returns how many."""
    lately = timezone.now() - timedelta(days=1)
    stalled = Order.objects.filter(
        Exists(
            Shoot.objects.filter(
                script.GOES_ON,
                order=OuterRef("pk"),
                state_since__gt=lately,
                state_since__lt=timezone.now() - timedelta(seconds=30),
            )
        ),
        organisation__sandbox_of__isnull=False,
    ).select_related("organisation")[:200]
    for order in stalled:
        wake(order)
    return len(stalled)
