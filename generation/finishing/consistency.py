"""How alike a roster's headshots are: each person against the median, and one figure an order.

The figure is the mean of six marks, one a measure. A mark is 100 · 0.9^((spread / bound)²): 100
where everybody is the same, 90 where the spread is at its bound, 66 at twice that. The spread is
the standard deviation over people (of the backdrop the mean colour difference from the median),
the bounds are BOUNDS. docs/finishing.md says the same in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from generation.models import Consistency, Headshot, Order, State

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Spread at which a mark is 90: shares of the picture's height, degrees, CIEDE2000, Lab lightness,
# a share of lightness.
BOUNDS = {
    "eye_line": 0.008,
    "face_height": 0.015,
    "tilt": 1.0,
    "backdrop": 1.0,
    "brightness": 6.0,
    "side_light": 0.08,
}
# All but the backdrop, which is measured cell by cell.
_PLAIN = ("eye_line", "face_height", "tilt", "brightness", "side_light")
# How far from the median one person may be before the wall says so, in bounds.
OUTLYING = 2.5
LEAST_PEOPLE = 3
# What rendering anew may mend; light from another side lies in the picture itself.
MENDED = ("eye_line", "face_height", "tilt", "backdrop", "brightness")


@dataclass
class Beside:
    """One picture beside a roster: deviations from its median by measure, and what stands out."""

    deviations: dict[str, float] = field(default_factory=dict)
    outlying: list[str] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        """What stands out, in words."""
        return [_words(measure, self.deviations[measure]) for measure in self.outlying]

    def find_outlying(self) -> None:
        """Note the measures in which it is too far from the median."""
        self.outlying = [
            name for name, by in self.deviations.items() if abs(by) > OUTLYING * BOUNDS[name]
        ]


@dataclass
class Standing(Beside):
    """One person on the wall with a headshot."""

    headshot: Headshot = field(kw_only=True)

    @property
    def mendable(self) -> bool:
        """Whether rendering anew can mend some of it."""
        return any(measure in MENDED for measure in self.outlying)

    @property
    def stuck(self) -> bool:
        """Whether some of it lies in the picture itself."""
        return any(measure not in MENDED for measure in self.outlying)


@dataclass(frozen=True)
class Middle:
    """A roster's medians by measure, and Lab [cells, 3] of the backdrop; NaN where everybody stands
    in front of a cell."""

    values: Mapping[str, float]
    backdrop: NDArray[np.float64]


@dataclass(frozen=True)
class Alike:
    """A roster compared: everybody's standing, spreads by measure, the figure 0..100 and the
    medians (None for fewer than LEAST_PEOPLE who were measured)."""

    people: list[Standing]
    spreads: dict[str, float]
    figure: float | None
    middle: Middle | None = None

    @property
    def outliers(self) -> list[Standing]:
        return [standing for standing in self.people if standing.outlying]


def shown(*, order: Order) -> list[Headshot]:
    """The headshots on an order's wall, by name: approved ones, and those that await it."""
    return list(
        _on_wall(order)
        .select_related("candidate", "shoot__employee", "finishing__finish")
        .prefetch_related("finishing__renditions")
        .order_by("shoot__employee__last_name", "shoot__employee__first_name", "pk")
    )


def _on_wall(order: Order) -> QuerySet[Headshot]:
    return Headshot.objects.filter(
        shoot__state__in=(State.APPROVING, State.DELIVERED), shoot__order=order
    )


def compare(headshots: Sequence[Headshot]) -> Alike:
    """Compare measured headshots; those that were not measured stand without figures."""
    people = [Standing(headshot=headshot) for headshot in headshots]
    measured = [
        (standing, standing.headshot.finishing.measures)
        for standing in people
        if standing.headshot.finishing and standing.headshot.finishing.measures
    ]
    found = [standing for standing, _measures in measured]
    middle, spreads, figure = _compare(found, [measures for _standing, measures in measured])
    return Alike(people=people, spreads=spreads, figure=figure, middle=middle)


def beside(alike: Alike, measures: Sequence[Mapping[str, Any] | None]) -> list[Beside]:
    """Pictures that are no headshots, such as real photos, each against a roster that is compared;
    they move none of its figures. Without figures where either was not measured."""
    found = [Beside() for _measures in measures]
    known = [(one, said) for one, said in zip(found, measures, strict=True) if said]
    if known and alike.middle is not None:
        _deviate([one for one, _said in known], [said for _one, said in known], alike.middle)
        for one, _said in known:
            one.find_outlying()
    return found


def _compare(
    people: Sequence[Beside], measures: Sequence[Mapping[str, Any]]
) -> tuple[Middle | None, dict[str, float], float | None]:
    """Fill everybody's deviations from the median, and what stands out; returns the medians, the
    spreads and the figure."""
    if not people:
        return None, {}, None
    middle = _middle(measures)
    _deviate(people, measures, middle)
    spreads = _spreads(people)
    if len(people) < LEAST_PEOPLE:
        return None, spreads, None
    for one in people:
        one.find_outlying()
    marks = [100 * 0.9 ** ((spread / BOUNDS[name]) ** 2) for name, spread in spreads.items()]
    return middle, spreads, round(sum(marks) / len(marks), 1) if marks else None


def _middle(measures: Sequence[Mapping[str, Any]]) -> Middle:
    from statistics import median

    import numpy as np

    values = {
        name: float(median(known))
        for name in _PLAIN
        if (known := [m[name] for m in measures if m.get(name) is not None])
    }
    cells = _cells(measures, max(len(found["backdrop"]) for found in measures))
    backdrop = np.full(cells.shape[1:], np.nan)
    free = ~np.isnan(cells[..., 0]).all(axis=0)
    if free.any():
        backdrop[free] = np.nanmedian(cells[:, free], axis=0)
    return Middle(values, backdrop)


def _cells(measures: Sequence[Mapping[str, Any]], width: int) -> NDArray[np.float64]:
    """Lab [people, width, 3] of everybody's backdrop, NaN where the person covers a cell."""
    import numpy as np

    cells = np.full((len(measures), width, 3), np.nan)
    for row, found in enumerate(measures):
        for at, lab in enumerate(found["backdrop"][:width]):
            if lab is not None:
                cells[row, at] = lab
    return cells


def _deviate(
    people: Sequence[Beside], measures: Sequence[Mapping[str, Any]], middle: Middle
) -> None:
    """Fill everybody's deviations. Of the backdrop it is the mean colour difference (CIEDE2000)
    over the cells that are free of the person."""
    import numpy as np

    from generation.engine import colour

    for one, found in zip(people, measures, strict=True):
        for name, value in middle.values.items():
            if found.get(name) is not None:
                one.deviations[name] = float(found[name]) - value
    cells = _cells(measures, len(middle.backdrop))
    seen = ~np.isnan(cells[..., 0]) & ~np.isnan(middle.backdrop[:, 0])
    apart = np.zeros(seen.shape)
    # Of all people in one call: a call costs more than a person does.
    where = np.nonzero(seen)
    apart[where] = colour.delta_e(cells[where], middle.backdrop[where[1]])
    counts = seen.sum(axis=1)
    for one, total, count in zip(people, apart.sum(axis=1), counts, strict=True):
        if count:
            one.deviations["backdrop"] = float(total / count)


def _spreads(people: Sequence[Beside]) -> dict[str, float]:
    from statistics import fmean, pstdev

    spreads = {}
    for name in BOUNDS:
        values = [s.deviations[name] for s in people if name in s.deviations]
        if len(values) >= LEAST_PEOPLE:
            spreads[name] = fmean(values) if name == "backdrop" else pstdev(values)
    return spreads


def _words(measure: str, by: float) -> str:
    percent = f"{abs(by) * 100:.1f}"
    if measure == "eye_line":
        low = _("The eyes lie {percent} % of the height lower than the others’.")
        high = _("The eyes lie {percent} % of the height higher than the others’.")
        return (low if by > 0 else high).format(percent=percent)
    if measure == "face_height":
        large = _("The face is larger than the others’ by {percent} % of the height.")
        small = _("The face is smaller than the others’ by {percent} % of the height.")
        return (large if by > 0 else small).format(percent=percent)
    if measure == "tilt":
        right = _("The head leans {degrees}° more to the right than the others’.")
        left = _("The head leans {degrees}° more to the left than the others’.")
        return (right if by > 0 else left).format(degrees=f"{abs(by):.1f}")
    if measure == "backdrop":
        return _("The backdrop has another colour (ΔE {value}).").format(value=f"{by:.1f}")
    if measure == "brightness":
        return (
            _("The clothes are lighter than the others’.")
            if by > 0
            else _("The clothes are darker than the others’.")
        )
    return (
        _("The light comes more from the left than on the others.")
        if by > 0
        else _("The light comes more from the right than on the others.")
    )


def note(*, order: Order) -> Consistency | None:
    """Write an order's figure into its history if it is another one than last time."""
    rows = _on_wall(order).filter(finishing__measures__isnull=False)
    measures = [found for found in rows.values_list("finishing__measures", flat=True) if found]
    people = [Beside() for _measures in measures]
    _medians, spreads, figure = _compare(people, measures)
    if figure is None:
        return None
    last = Consistency.objects.filter(order=order).first()
    if last and last.figure == figure and last.people == len(people):
        return last
    return Consistency.objects.create(
        order=order,
        figure=figure,
        people=len(people),
        outliers=sum(bool(one.outlying) for one in people),
        spreads={name: round(value, 5) for name, value in spreads.items()},
        finish=order.finish,
    )


def note_changed(*, within_s: int = 300) -> int:
    """Note the figures of orders in which something was approved or rendered just now."""
    since = timezone.now() - timedelta(seconds=within_s)
    approved = Headshot.objects.filter(approved_at__gte=since)
    rendered = Headshot.objects.filter(finishing__tried_at__gte=since)
    # Two questions, as each is answered by an index and both in one by none.
    orders = Order.objects.filter(
        pk__in={
            *approved.values_list("shoot__order", flat=True),
            *rendered.values_list("shoot__order", flat=True),
        }
    )
    return sum(note(order=order) is not None for order in orders)
