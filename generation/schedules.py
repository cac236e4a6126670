"""What the default cluster does by the clock."""

from __future__ import annotations

from typing import Any

from django_q.models import Schedule


def make_schedules(**_: Any) -> None:
    """Have the sweep run each minute and the search for strays each day. Called after each
    migration; changes nothing if they stand."""
    Schedule.objects.update_or_create(
        name="sweep",
        defaults={
            "func": "generation.tasks.sweep",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "repeats": -1,
            "cluster": "default",
        },
    )
    Schedule.objects.get_or_create(
        name="strays",
        defaults={
            "func": "generation.tasks.clear_strays",
            "schedule_type": Schedule.DAILY,
            "repeats": -1,
            "cluster": "default",
        },
    )
