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
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from generation.models import Consistency, Headshot, Order, State

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
class Alike:
    """A roster compared: everybody's standing, spreads by measure, and the figure 0..100 (None
    for fewer than LEAST_PEOPLE)."""

    people: list[Standing]
    spreads: dict[str, float]
    figure: float | None
    measures: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def outliers(self) -> list[Standing]:
        return [standing for standing in self.people if standing.outlying]


def shown(*, order: Order) -> list[Headshot]:
    """The headshots on an order's wall, by name: approved ones, and those that await it."""
    return list(
        Headshot.objects.filter(
            shoot__state__in=(State.APPROVING, State.DELIVERED), shoot__order=order
        )
        .select_related("candidate", "shoot__employee", "finishing__finish")
        .prefetch_related("finishing__renditions")
        .order_by("shoot__employee__last_name", "shoot__employee__first_name", "pk")
    )


def compare(headshots: Sequence[Headshot]) -> Alike:
    """Compare measured headshots; those that were not measured stand without figures."""
    people = [Standing(headshot=headshot) for headshot in headshots]
    measured = [
        (standing, standing.headshot.finishing.measures)
        for standing in people
        if standing.headshot.finishing and standing.headshot.finishing.measures
    ]
    _compare([standing for standing, _m in measured], [m for _s, m in measured])
    spreads = _spreads([standing for standing, _m in measured])
    figure = None
    if len(measured) >= LEAST_PEOPLE and spreads:
        marks = [100 * 0.9 ** ((spread / BOUNDS[name]) ** 2) for name, spread in spreads.items()]
        figure = round(sum(marks) / len(marks), 1)
    if len(measured) >= LEAST_PEOPLE:
        for standing, _m in measured:
            standing.find_outlying()
    return Alike(people=people, spreads=spreads, figure=figure, measures=[m for _s, m in measured])


def beside(alike: Alike, measures: Mapping[str, Any] | None) -> Beside:
    """A picture that is no headshot, such as a real photo, against a roster that is compared; it
    moves none of the roster's figures. Without figures where either was not measured."""
    found = Beside()
    if not measures or len(alike.measures) < LEAST_PEOPLE:
        return found
    others = [Beside() for _m in alike.measures]
    # Itself counted in, the median of many stays theirs.
    _compare([*others, found], [*alike.measures, measures])
    found.find_outlying()
    return found


def _compare(people: Sequence[Beside], measures: Sequence[Mapping[str, Any]]) -> None:
    from statistics import median

    for name in ("eye_line", "face_height", "tilt", "brightness", "side_light"):
        values = [m[name] for m in measures if m.get(name) is not None]
        if not values:
            continue
        middle = median(values)
        for standing, found in zip(people, measures, strict=True):
            if found.get(name) is not None:
                standing.deviations[name] = float(found[name]) - middle
    for standing, value in zip(people, _backdrops(measures), strict=True):
        if value is not None:
            standing.deviations["backdrop"] = value


def _backdrops(measures: Sequence[Mapping[str, Any]]) -> list[float | None]:
    """Each one's mean colour difference (CIEDE2000) from the median, over the cells of the
    backdrop that are free of the person."""
    import numpy as np

    from generation.engine import colour

    if not measures:
        return []
    width = max(len(found["backdrop"]) for found in measures)
    cells = np.full((len(measures), width, 3), np.nan)
    for row, found in enumerate(measures):
        for at, lab in enumerate(found["backdrop"]):
            if lab is not None:
                cells[row, at] = lab
    seen = ~np.isnan(cells[..., 0])
    middle = np.zeros((width, 3))
    for at in range(width):
        if seen[:, at].any():
            middle[at] = np.median(cells[seen[:, at], at], axis=0)
    out: list[float | None] = []
    for row in range(len(measures)):
        free = seen[row]
        if not free.any():
            out.append(None)
            continue
        out.append(float(colour.delta_e(cells[row][free], middle[free]).mean()))
    return out


def _spreads(people: Sequence[Standing]) -> dict[str, float]:
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
        return _("The head leans {degrees}° more than the others’.").format(
            degrees=f"{abs(by):.1f}"
        )
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
    alike = compare(shown(order=order))
    if alike.figure is None:
        return None
    people = sum(bool(standing.deviations) for standing in alike.people)
    last = Consistency.objects.filter(order=order).first()
    if last and last.figure == alike.figure and last.people == people:
        return last
    return Consistency.objects.create(
        order=order,
        figure=alike.figure,
        people=people,
        outliers=len(alike.outliers),
        spreads={name: round(value, 5) for name, value in alike.spreads.items()},
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
