"""The price table in force: what the settings say, kept as a version when they change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from billing.models import PriceTable

FIELDS = (
    "gpu_hour",
    "cpu_hour",
    "energy_kwh",
    "storage_gb_month",
    "mail",
    "payment_percent",
    "payment_fixed",
)
# Any number, the same for everybody who writes a version.
_LOCK = 5_502_001


def in_force() -> PriceTable:
    """The newest version; the first is made of the settings where there is none."""
    return PriceTable.objects.first() or update()


def update(**_: Any) -> PriceTable:
    """Make the next version if the settings differ from the newest. Called after each migration,
    so that a deployment puts new prices in force once for all processes."""
    wanted = {field: Decimal(str(settings.COST_CENTS[field])) for field in FIELDS}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        newest = PriceTable.objects.first()
        if newest and all(getattr(newest, field) == value for field, value in wanted.items()):
            return newest
        last = PriceTable.objects.aggregate(last=Max("version", default=0))["last"]
        return PriceTable.objects.create(version=last + 1, **wanted)
