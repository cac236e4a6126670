"""A headshot before and after a rendering of its order in another finish."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from generation.finishing import renditions
from generation.models import Finishing, Refinish, Rendition


@dataclass(frozen=True)
class Sides:
    """The files that stand for a headshot; None where there is none (any more)."""

    before: Rendition | None
    after: Rendition | None


def rows(refinish: Refinish) -> QuerySet[Finishing]:
    """The headshots of a rendering, with all that `sides` needs."""
    return (
        Finishing.objects.filter(refinish=refinish)
        .select_related(
            "headshot__shoot__employee",
            "headshot__candidate",
            "headshot__finishing__finish",
            "replaced__finish",
            "finish",
        )
        .prefetch_related("renditions", "headshot__finishing__renditions", "replaced__renditions")
    )


def sides(row: Finishing, *, refinish: Refinish) -> Sides:
    """One of `rows`: what counts until the rendering is decided about, and what it replaced from
    then on; beside its own."""
    undecided = refinish.state == Refinish.State.RENDERING
    return Sides(_main(row.headshot.finishing if undecided else row.replaced), _main(row))


def _main(finishing: Finishing | None) -> Rendition | None:
    if finishing is None:
        return None
    files = {row.kind: row for row in finishing.renditions.all()}
    return renditions.main_of(files, finishing.finish)
