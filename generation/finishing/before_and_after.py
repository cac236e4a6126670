"""What an employee sees when their organisation tries another plate or crop: their headshot as it
is, and as it would be or has become. Nothing is asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from generation.finishing import renditions
from generation.models import Finishing, Headshot, Refinish, Rendition, Shoot, State

# How long it is said that something has changed.
_NEWS = timedelta(days=30)


@dataclass(frozen=True)
class Pair:
    """`before` and `after`; `decided_at` None while the organisation has not said which counts."""

    before: Rendition
    after: Rendition
    decided_at: datetime | None


def pair_of(*, shoot: Shoot) -> Pair | None:
    """A headshot's files before and after a change of its finish, while it is being decided and a
    month after it was used; None where nothing changes. At most four queries."""
    if shoot.state not in (State.APPROVING, State.DELIVERED):
        return None
    headshot = (
        Headshot.objects.filter(shoot=shoot)
        .select_related("finishing__finish", "finishing__refinish", "finishing__replaced__finish")
        .first()
    )
    if headshot is None or headshot.finishing is None:
        return None
    counts = headshot.finishing
    tried = (
        headshot.finishings.filter(
            candidate=headshot.candidate_id,
            refinish__state=Refinish.State.RENDERING,
            state=Finishing.State.DONE,
        )
        .select_related("finish")
        .first()
    )
    if tried is not None:
        return _pair(counts, tried, None)
    changed = counts.refinish
    if changed is None or changed.decided_at is None or counts.replaced is None:
        return None
    if changed.state != Refinish.State.APPROVED or changed.decided_at < timezone.now() - _NEWS:
        return None
    return _pair(counts.replaced, counts, changed.decided_at)


def _pair(one: Finishing, other: Finishing, decided_at: datetime | None) -> Pair | None:
    before, after = (
        renditions.main_of({row.kind: row for row in found.renditions.all()}, found.finish)
        for found in (one, other)
    )
    return Pair(before, after, decided_at) if before and after else None
