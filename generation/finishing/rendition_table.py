"""The table of renditions that a look has: which files a headshot becomes. Loads nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.utils.translation import gettext as _

from headshots.lib.problems import Problem
from headshots.lib.windows_names import RESERVED

FORMATS = ("jpeg", "png", "webp")
MOST_ROWS = 12
SMALLEST, LARGEST = 64, 2400
_KIND = re.compile(r"[a-z][a-z0-9-]{0,38}")
_MM_AN_INCH = 25.4
# Taller than that many times its width, a frame goes on below where cloth can be drawn out to.
_MOST_TALL = 2


class WrongRow(Problem):
    """A row that cannot be made: which one of those given, from 0, and in which of its columns."""

    def __init__(self, sentence: str, *, at: int, column: str) -> None:
        super().__init__(sentence, code="renditions", field="renditions")
        self.at, self.column = at, column


@dataclass(frozen=True)
class Row:
    """One rendition. `kind` names it in file names and the API; `closer` is how much nearer than
    the finish's crop, in hundredths. `see_through` leaves the plate out."""

    kind: str
    width: int
    height: int
    format: str = "jpeg"
    quality: int = 92
    closer: int = 0
    dpi: int = 0
    see_through: bool = False
    round: bool = False
    monochrome: bool = False
    logo: bool = False
    frame: bool = False

    @property
    def fills_frame(self) -> bool:
        """Whether it is in colour and fills its frame, as whatever stands for a headshot."""
        return not (self.lets_through or self.monochrome)

    @property
    def lets_through(self) -> bool:
        """Whether some of its pixels show what is behind the file."""
        return self.see_through or self.round

    @property
    def print_size(self) -> str:
        """The size on paper in millimetres, “35 × 45 mm”; empty without a resolution."""
        if not self.dpi:
            return ""
        wide, high = (round(v / self.dpi * _MM_AN_INCH) for v in (self.width, self.height))
        return f"{wide} × {high} mm"


# 35 × 45 mm at 300 dots an inch are 413 × 531 pixels.
DEFAULT = (
    Row("portrait", 1024, 1280),
    Row("square", 1024, 1024),
    Row("square-small", 400, 400, "webp", 90),
    Row("banner", 1600, 900),
    Row("avatar", 512, 512, "png", round=True),
    Row("transparent", 800, 1000, "png", see_through=True),
    Row("badge", 413, 531, quality=95, dpi=300),
    Row("black-and-white", 1024, 1280, monochrome=True),
)


def rows(table: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows of a stored table."""
    known = {field.name for field in fields(Row)}
    return [Row(**{k: v for k, v in row.items() if k in known}) for row in table]


def main_kind(table: Sequence[Row]) -> str:
    """The rendition that stands for a headshot: the first that fills its frame."""
    return next((row for row in table if row.fills_frame), table[0]).kind


def stored(table: Sequence[Row]) -> list[dict[str, Any]]:
    """A table as it is kept in a finish."""
    return [asdict(row) for row in table]


def checked(table: Sequence[Row]) -> list[Row]:
    """The table, if a headshot can become these files.

    Raises WrongRow with a sentence about the first row that cannot be made, Problem for what is
    wrong with all of them.
    """
    if not table:
        raise Problem(_("Keep at least one rendition."), code="renditions", field="renditions")
    if len(table) > MOST_ROWS:
        raise Problem(
            _("A look has at most {count} renditions.").format(count=MOST_ROWS),
            code="renditions",
            field="renditions",
        )
    names: set[str] = set()
    for at, row in enumerate(table):
        column, sentence = _wrong(row)
        if not sentence and row.kind in names:
            column, sentence = (
                "kind",
                _("Two renditions are named “{name}”. Give one another name.").format(
                    name=row.kind
                ),
            )
        if sentence:
            raise WrongRow(sentence, at=at, column=column)
        names.add(row.kind)
    if not any(row.fills_frame for row in table):
        raise Problem(
            _("Keep one rendition in colour that fills its frame; the staff wall is made of it."),
            code="renditions",
            field="renditions",
        )
    return list(table)


def _wrong(row: Row) -> tuple[str, str]:
    """The column of a row that is wrong, and why; empty where nothing is."""
    name = row.kind
    if not _KIND.fullmatch(name):
        return "kind", _(
            "“{name}” is no name of a rendition. Use small letters, digits and hyphens."
        ).format(name=name[:40])
    # Files lie in folders named after them.
    if name in RESERVED:
        return "kind", _(
            "“{name}” is a name that Windows keeps for itself, so its files could not be unpacked "
            "there. Choose another one."
        ).format(name=name)
    if row.format not in FORMATS:
        return "format", _("{name}: choose JPEG, PNG or WebP.").format(name=name)
    for column, side in (("width", row.width), ("height", row.height)):
        if not SMALLEST <= side <= LARGEST:
            return column, _("{name}: sides of {least} to {most} pixels can be made.").format(
                name=name, least=SMALLEST, most=LARGEST
            )
    if max(row.width, row.height) > 3 * min(row.width, row.height):
        column = "width" if row.width < row.height else "height"
        return column, _("{name}: one side is more than three times the other.").format(name=name)
    if row.height > _MOST_TALL * row.width:
        return "height", _(
            "{name}: it is more than twice as high as wide. The picture of a person does not reach "
            "down that far; make it wider or less high."
        ).format(name=name)
    if not 40 <= row.quality <= 100:
        return "quality", _("{name}: the quality is a number from 40 to 100.").format(name=name)
    if not 0 <= row.closer <= 60:
        return "closer", _("{name}: closer is a number from 0 to 60.").format(name=name)
    if row.dpi and not 72 <= row.dpi <= 1200:
        return "dpi", _("{name}: the resolution is a number from 72 to 1200.").format(name=name)
    if row.format == "jpeg" and row.lets_through:
        return "format", _("{name}: a JPEG cannot be see-through. Choose PNG or WebP.").format(
            name=name
        )
    if row.round and row.width != row.height:
        return "height", _("{name}: a round picture has equal sides.").format(name=name)
    return "", ""
