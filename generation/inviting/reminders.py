"""Reminding people whose turn it is: by the order's schedule, or because somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models import Value as V
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.clocks import awake
from accounts.models import Location, Organisation
from generation.inviting import notices
from generation.models import Order, Shoot, State
from generation.ordering import funnel, orders, short_of_credits
from headshots.lib.problems import Problem

# However long an order runs, nobody hears more often than this by itself.
MOST = 8
# Whoever was reminded so lately is left alone by the button as well.
LATELY = timedelta(hours=12)
# One more on the last day.
LAST_CALL = timedelta(hours=30)
A_SWEEP = 500
_OPEN = (State.INVITED, State.COLLECTING, State.CHOOSING)


@dataclass(frozen=True)
class Nudged:
    """How many are reminded, and how many are not: heard from us lately, or cannot be reached."""

    sent: int
    lately: int
    unreached: int


def kind_of(shoot: Shoot) -> str:
    """Which mail reminds of what is to do in this shoot."""
    return "choose_reminder" if shoot.state == State.CHOOSING else "reminder"


@transaction.atomic
def nudge(*, actor: Actor, order: Order, wanted: funnel.Wanted) -> Nudged:
    """Remind now whoever is wanted, has something to do and has not been reminded lately.

    Raises Problem for a stage in which it is not the employees' turn.
    """
    if wanted.stage and wanted.stage not in (*funnel.THEIR_TURN, "mail"):
        raise Problem(
            _("There is nothing for these people to do just now, so nobody was reminded."),
            code="not_their_turn",
            status=409,
        )
    found = funnel.narrow(Shoot.objects.filter(order=order), wanted).filter(
        ~short_of_credits.waiting(), state__in=_OPEN, invitation__revoked_at=None
    )
    now = timezone.now()
    locked = Shoot.objects.select_for_update(of=("self",)).filter(pk__in=found.values("pk"))
    people = list(locked.select_related("employee").order_by("pk"))
    reachable = [shoot for shoot in people if shoot.employee.bounced_at is None]
    chosen = [
        shoot
        for shoot in reachable
        if shoot.reminded_at is None or shoot.reminded_at < now - LATELY
    ]
    _send(chosen, now)
    if chosen:
        audit.record(
            actor=actor,
            organisation=order.organisation,
            action="order.reminded",
            about=order,
            people=len(chosen),
            **wanted.words(),
        )
    return Nudged(len(chosen), len(reachable) - len(chosen), len(people) - len(reachable))


def _send(shoots: list[Shoot], now: datetime) -> None:
    """Note the reminder and queue its mail in the same transaction, so that neither goes alone."""
    for kind in ("reminder", "choose_reminder"):
        some = [shoot for shoot in shoots if kind_of(shoot) == kind]
        Shoot.objects.filter(pk__in=[shoot.pk for shoot in some]).update(
            reminded_at=now, reminders=F("reminders") + 1
        )
        notices.queue(kind=kind, shoots=some)


def due(now: datetime) -> QuerySet[Any]:
    """Shoots that the schedule of their order wants reminded, wherever they are."""
    days = ExpressionWrapper(
        F("order__remind_every") * V(timedelta(days=1)), output_field=DurationField()
    )
    last = Coalesce("reminded_at", "invited_at")
    # A new turn begins anew: nobody is reminded to choose on the day the pictures come.
    return (
        Shoot.objects.filter(
            ~short_of_credits.waiting(),
            state__in=_OPEN,
            order__remind_every__gt=0,
            order__due_at__gt=now,
            reminders__lt=MOST,
            invited_at__isnull=False,
            employee__bounced_at=None,
            invitation__revoked_at=None,
            employee__organisation__closed_at=None,
        )
        .annotate(last=last, pause=days)
        .filter(
            Q(last__lte=now - F("pause"), state_since__lte=now - F("pause"))
            | Q(order__due_at__lte=now + LAST_CALL, last__lte=now - LAST_CALL)
        )
        .annotate(
            zone=Coalesce(
                Subquery(
                    Location.objects.filter(
                        organisation=OuterRef("order__organisation"),
                        name=OuterRef("employee__location"),
                    ).values("time_zone")[:1]
                ),
                "order__organisation__time_zone",
            )
        )
    )


def sweep(now: datetime | None = None) -> int:
    """Remind who is due where it is not night or weekend; at most A_SWEEP, the rest a minute
    later. Two sweeps at once remind nobody twice."""
    now = now or timezone.now()
    places = (
        due(now)
        .order_by()
        .values_list(
            "order__organisation",
            "zone",
            "order__organisation__quiet_from",
            "order__organisation__quiet_until",
        )
        .distinct()
    )
    left = A_SWEEP
    for organisation, zone, quiet_from, quiet_until in list(places):
        if not awake(zone=zone, quiet_from=quiet_from, quiet_until=quiet_until, at=now):
            continue
        with transaction.atomic():
            wanted = due(now).filter(order__organisation=organisation, zone=zone)
            some = list(
                Shoot.objects.select_for_update(of=("self",), skip_locked=True)
                .filter(pk__in=wanted.order_by("pk").values("pk")[:left])
                .order_by("pk")
            )
            # Whoever was reminded between the look and the lock is no longer due.
            still = due(now).filter(pk__in=[shoot.pk for shoot in some])
            keys = set(still.values_list("pk", flat=True))
            chosen = [shoot for shoot in some if shoot.pk in keys]
            _send(chosen, now)
        left -= len(chosen)
        if left <= 0:
            break
    return A_SWEEP - left


@transaction.atomic
def set_interval(*, actor: Actor, organisation: Organisation, order: Order, days: int) -> None:
    """Say how often an order reminds. Raises Problem for what is not offered."""
    if days not in orders.REMIND_EVERY:
        raise Problem(_("Choose how often from the list."), code="remind", field="remind_every")
    Order.objects.filter(pk=order.pk, organisation=organisation).update(remind_every=days)
    audit.record(
        actor=actor,
        organisation=organisation,
        action="order.reminders",
        about=order,
        every_days=days,
    )
