"""The chart of usage: credits a month, the largest departments stacked. In the drawing's units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from generation.accounting.usage_report import Month

BANDS = 5
WIDTH, HIGHEST, GROUND = 40, 92.0, 110.0


@dataclass(frozen=True)
class Band:
    """A colour: a department, or the rest of them, with its credits of all months."""

    department: str
    credits: int
    rest: bool = False


@dataclass(frozen=True)
class Piece:
    """A department's part of a bar."""

    band: int
    y: str
    height: str


@dataclass(frozen=True)
class Bar:
    """A month."""

    first: date
    credits: int
    pieces: list[Piece]
    x: int
    middle: int
    over: str


@dataclass(frozen=True)
class Chart:
    bands: list[Band]
    months: list[Bar]


def of(months: Sequence[Month]) -> Chart:
    """Bars of months; the departments with most credits have a colour each, the rest one."""
    sums: Counter[str] = Counter()
    for month in months:
        for row in month.rows:
            sums[row.department] += row.credits
    largest = [name for name, credits in sums.most_common(BANDS) if credits]
    rest = sum(sums.values()) - sum(sums[name] for name in largest)
    bands = [Band(name, sums[name]) for name in largest]
    if rest:
        bands.append(Band("", rest, rest=True))
    place = {name: number for number, name in enumerate(largest)}
    most = max((month.credits for month in months), default=0) or 1
    return Chart(bands, [_bar(number, month, place, most) for number, month in enumerate(months)])


def _bar(number: int, month: Month, place: dict[str, int], most: int) -> Bar:
    parts: Counter[int] = Counter()
    for row in month.rows:
        parts[place.get(row.department, len(place))] += row.credits
    pieces = []
    top = GROUND
    for band, credits in sorted(parts.items()):
        if credits:
            height = HIGHEST * credits / most
            top -= height
            pieces.append(Piece(band, f"{top:.2f}", f"{height:.2f}"))
    return Bar(
        first=month.first,
        credits=month.credits,
        pieces=pieces,
        x=WIDTH * number + 8,
        middle=WIDTH * number + 20,
        over=f"{top - 4:.2f}",
    )
