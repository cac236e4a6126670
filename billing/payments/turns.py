"""Whose turn it is where more wait than one sweep has time for."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from django.core.cache import cache
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)

A_SWEEP = 50
_KEPT = timedelta(days=1)


def next_of(rows: QuerySet[M], *, name: str) -> list[M]:
    """At most A_SWEEP of the rows, first those behind the last that this gave under the name, so
    that some which fail each time keep nobody waiting."""
    key = f"turn:{name}"
    ordered, last = rows.order_by("pk"), cache.get(key)
    found = list(ordered.filter(pk__gt=last)[:A_SWEEP]) if last is not None else []
    found += ordered.exclude(pk__in=[row.pk for row in found])[: A_SWEEP - len(found)]
    if found:
        cache.set(key, found[-1].pk, _KEPT.total_seconds())
    return found
