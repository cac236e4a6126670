"""A person's figures on the staff wall: by how much they differ from the roster's median, to read.

Plus is lower, larger, leaning clockwise, lighter, and more light from the left; the backdrop's is a
distance and has no sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from generation.finishing import consistency

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Measure:
    """How a measure of generation.finishing.consistency is shown: times `scale`, in `unit`."""

    label: StrOrPromise
    scale: float
    unit: str


MEASURES: Mapping[str, Measure] = {
    "eye_line": Measure(_("Eye line"), 100, "%"),
    "face_height": Measure(_("Face height"), 100, "%"),
    "tilt": Measure(_("Tilt"), 1, "°"),
    "backdrop": Measure(_("Backdrop"), 1, "ΔE"),
    "brightness": Measure(_("Brightness"), 1, "L"),
    "side_light": Measure(_("Light from the side"), 100, "%"),
}


@dataclass(frozen=True)
class Figure:
    """One of a person's six, as `text`; empty where it could not be measured."""

    label: StrOrPromise
    text: str
    outlying: bool


def of(standing: consistency.Beside) -> list[Figure]:
    """A person's figures in the order of MEASURES; none where the picture was not measured."""
    if not standing.deviations:
        return []
    return [
        Figure(measure.label, _text(name, standing.deviations), name in standing.outlying)
        for name, measure in MEASURES.items()
    ]


def _text(name: str, deviations: Mapping[str, float]) -> str:
    if name not in deviations:
        return ""
    measure = MEASURES[name]
    value = round(deviations[name] * measure.scale, 1)
    sign = "" if name == "backdrop" or not value else "−" if value < 0 else "+"
    gap = "" if measure.unit == "°" else "\u202f"
    return f"{sign}{number_format(abs(value), 1)}{gap}{measure.unit}"


def spreads(alike: consistency.Alike) -> list[tuple[StrOrPromise, float, float, str]]:
    """A roster's spread by measure, to read: (label, spread, bound, unit)."""
    return [
        (
            measure.label,
            alike.spreads[name] * measure.scale,
            consistency.BOUNDS[name] * measure.scale,
            measure.unit,
        )
        for name, measure in MEASURES.items()
        if name in alike.spreads
    ]
