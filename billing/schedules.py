"""What the default cluster does for billing by the clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django_q.models import Schedule


def make_schedules(**_: Any) -> None:
    """Have payments reconciled each night. Called after each migration."""
    tonight = timezone.make_aware(datetime.combine(timezone.localdate() + timedelta(1), time(3)))
    Schedule.objects.get_or_create(
        name="reconcile_payments",
        defaults={
            "func": "billing.tasks.reconcile_payments",
            "schedule_type": Schedule.DAILY,
            "next_run": tonight,
            "repeats": -1,
            "cluster": "default",
        },
    )
