"""Writing down what a shoot takes besides the GPU: finishing, storage, mail."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, Min, OuterRef, Q
from django.utils import timezone

from accounts import clocks
from billing import price_tables
from billing.models import PriceTable
from generation.models import Candidate, ComputeUsage, Selfie, ServiceUsage, Shoot
from generation.storage import vault

Kind = ServiceUsage.Kind
EACH = timedelta(days=1)
MONTH = timedelta(days=30)
AT_ONCE = 100


def count_finishing(*, shoot: Shoot, seconds: float) -> None:
    """Add the seconds of a rendering on the default host, which are a CPU's."""
    prices = price_tables.in_force()
    row, _made = ComputeUsage.objects.get_or_create(
        shoot=shoot,
        fence=shoot.fence,
        phase="finishing",
        defaults={
            "worker": f"default@{socket.gethostname()}"[:100],
            "device": "cpu",
            "price_table": prices,
            "hour_cents": prices.hour("cpu"),
            "kwh_cents": float(prices.energy_kwh),
        },
    )
    ComputeUsage.objects.filter(pk=row.pk).update(
        seconds=F("seconds") + seconds, updated_at=timezone.now()
    )


def count_mail(*, shoot: Shoot) -> None:
    """Add a mail that was sent about a shoot."""
    prices = price_tables.in_force()
    _add(shoot, Kind.MAIL, 1, float(prices.mail), prices, timezone.now())


def count_storage() -> int:
    """Add what the files of shoots took since they were last looked at, a day ago or longer.

    Some at each call; returns how many. The first look counts from the first file on. What is
    destroyed between two looks counts up to the earlier one.
    """
    now = timezone.now()
    mine = {"shoot": OuterRef("pk")}
    recent = ServiceUsage.objects.filter(**mine, kind=Kind.STORAGE, counted_at__gt=now - EACH)
    due = Shoot.objects.filter(
        Q(Exists(Selfie.objects.filter(**mine))) | Q(Exists(Candidate.objects.filter(**mine))),
        ~Exists(recent),
    ).select_related("order__organisation")
    counted = 0
    for shoot in due.order_by("pk")[:AT_ONCE]:
        prices = price_tables.in_force()
        rows = ServiceUsage.objects.filter(shoot=shoot, kind=Kind.STORAGE)
        since = rows.aggregate(last=Max("counted_at"))["last"] or _first_file(shoot) or now
        stored = sum(vault().size(key) for key in vault().keys(shoot.folder))
        months = (now - since) / MONTH
        unit = float(prices.storage_gb_month)
        with transaction.atomic():
            # Another sweep may have been at it meanwhile.
            Shoot.objects.select_for_update(no_key=True).get(pk=shoot.pk)
            if not rows.filter(counted_at__gt=now - EACH).exists():
                _add(shoot, Kind.STORAGE, stored / 1e9 * months, unit, prices, now)
                counted += 1
    return counted


def _first_file(shoot: Shoot) -> datetime | None:
    """When the first of the files came that a shoot has."""
    firsts = (
        files.filter(shoot=shoot).aggregate(first=Min("created_at"))["first"]
        for files in (Selfie.objects, Candidate.objects)
    )
    return min((first for first in firsts if first is not None), default=None)


@transaction.atomic
def _add(
    shoot: Shoot, kind: str, quantity: float, unit: float, prices: PriceTable, now: datetime
) -> None:
    row, _made = ServiceUsage.objects.get_or_create(
        shoot=shoot,
        kind=kind,
        month=clocks.day_of(now, organisation=shoot.order.organisation).replace(day=1),
        price_table=prices,
        defaults={"unit_cents": unit, "counted_at": now},
    )
    ServiceUsage.objects.filter(pk=row.pk).update(quantity=F("quantity") + quantity, counted_at=now)
