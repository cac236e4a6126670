"""How alike the whole staff is: everybody beside those who are meant to look like them.

Departments may have looks of their own, and a look another plate than before, so people are
compared within their order's look and what stands behind them (generation.finishing.consistency);
the figure of the staff is the mean of the parts', weighted by people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.utils.translation import gettext

from generation.finishing import consistency
from generation.finishing.consistency import Alike, Beside
from generation.finishing.walls import Wall
from generation.models import Alternative, Finish, Headshot, Order

# The name of the look, and of the plate or, without one, of the look's backdrop.
Kind = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """Those of one look in front of one backdrop, compared: with headshots, and beside them what
    was given instead."""

    look: str
    backdrop: str
    alike: Alike
    given: Sequence[Alternative]
    besides: Sequence[Beside]

    @property
    def people(self) -> int:
        return len(self.alike.people) + len(self.given)


@dataclass(frozen=True)
class Staff:
    """The parts of a staff wall, the largest first."""

    parts: list[Part]

    @cached_property
    def figure(self) -> float | None:
        """0..100; None where no part has people enough."""
        known = [
            (part.alike.figure, len(part.alike.people))
            for part in self.parts
            if part.alike.figure is not None
        ]
        people = sum(count for _figure, count in known)
        return round(sum(figure * count for figure, count in known) / people, 1) if people else None

    @cached_property
    def outliers(self) -> list[consistency.Standing]:
        return [standing for part in self.parts for standing in part.alike.outliers]

    @cached_property
    def outlying_orders(self) -> list[tuple[Order, int]]:
        """The orders of those who stand out, and of how many each, the most first."""
        orders: dict[UUID, Order] = {}
        counts: dict[UUID, int] = {}
        for standing in self.outliers:
            order = standing.headshot.shoot.order
            orders[order.pk] = order
            counts[order.pk] = counts.get(order.pk, 0) + 1
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], orders[pair[0]].name))
        return [(orders[key], count) for key, count in ranked]


def compare(wall: Wall) -> Staff:
    """Compare everybody on the staff wall with those of their kind."""
    headshots: dict[Kind, list[Headshot]] = {}
    given: dict[Kind, list[Alternative]] = {}
    for headshot in wall.headshots:
        finishing = headshot.finishing
        order = headshot.shoot.order
        finish = finishing.finish if finishing is not None else order.finish
        headshots.setdefault(_kind(order, finish), []).append(headshot)
    for one in wall.given:
        order = one.shoot.order
        given.setdefault(_kind(order, order.finish), []).append(one)
    parts = [
        _part(kind, headshots.get(kind, []), given.get(kind, [])) for kind in {**headshots, **given}
    ]
    return Staff(sorted(parts, key=lambda part: (-part.people, part.look, part.backdrop)))


def _kind(order: Order, finish: Finish | None) -> Kind:
    plate = finish.plate if finish is not None else None
    if plate is None:
        return order.look.name, gettext(order.direction.backdrop).capitalize()
    return order.look.name, plate.name if plate.version == 1 else f"{plate.name} ({plate.version})"


def _part(kind: Kind, headshots: Sequence[Headshot], given: Sequence[Alternative]) -> Part:
    alike = consistency.compare(headshots)
    besides = consistency.beside(alike, [one.measures for one in given])
    return Part(*kind, alike, given, besides)
