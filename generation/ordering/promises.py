"""The promised turnaround: where it is missed, the credits come back and the work goes on."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.actors import SYSTEM
from generation import states
from generation.models import Shoot

NOTE = gettext_noop("Promised turnaround missed")


def sweep() -> int:
    """Give back the credits of each shoot whose pictures are late; returns how many.

    The clock runs from photos handed in, or new pictures asked for, until there are pictures to
    choose from. A shoot is made free once: its headshot is made all the same and costs nothing.
    """
    hours = ExpressionWrapper(
        F("order__promised_hours") * Value(timedelta(hours=1)), output_field=DurationField()
    )
    due = ExpressionWrapper(F("queued_at") + hours, output_field=DateTimeField())
    late = (
        Shoot.objects.filter(
            state__in=states.WORKING,
            made_free_at=None,
            queued_at__isnull=False,
            order__promised_hours__gt=0,
        )
        .annotate(due=due)
        .filter(due__lt=Now())
    )
    return sum(_make_free(pk) for pk in list(late.values_list("pk", flat=True)[:1000]))


@transaction.atomic
def _make_free(shoot_id: UUID) -> bool:
    shoot = states.locked(shoot_id)
    if shoot.state not in states.WORKING or shoot.made_free_at:
        return False
    _free(shoot)
    return True


def settle(*, shoot: Shoot) -> bool:
    """Make a shoot free whose pictures are there now, after the promised time and before a sweep
    saw it. Part of the transaction in which there is a choice; returns whether it was late."""
    hours = shoot.order.promised_hours
    if not hours or shoot.queued_at is None or shoot.made_free_at:
        return False
    if timezone.now() <= shoot.queued_at + timedelta(hours=hours):
        return False
    _free(shoot)
    return True


def _free(shoot: Shoot) -> None:
    shoot.made_free_at = timezone.now()
    Shoot.objects.filter(pk=shoot.pk).update(made_free_at=shoot.made_free_at)
    states.give_back(actor=SYSTEM, shoot=shoot, note=NOTE)
    audit.record(
        actor=SYSTEM,
        organisation=shoot.order.organisation,
        action="shoot.made_free",
        about=shoot,
        promised_hours=shoot.order.promised_hours,
        credits=shoot.credits,
    )
