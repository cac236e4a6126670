"""The form of a look’s finish: what was typed, read and, where it is refused, shown again."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from generation.finishing import rendition_table
from generation.finishing.rendition_table import MOST_ROWS, Row, WrongRow
from generation.models import Finish
from headshots.lib import numbers
from headshots.lib.problems import Problem

MARKS = ("see_through", "round", "monochrome", "logo", "frame")
# The inputs of a row by the column that they are of; the form has a “closer” of its own.
_INPUTS = {
    "kind": "kind",
    "width": "width",
    "height": "height",
    "format": "format",
    "quality": "quality",
    "closer": "nearer",
    "dpi": "dpi",
}
# So many files more are added at a time.
_FREE = 4
_EMPTY = {"width": 1024, "height": 1024, "quality": 92, "closer": 0, "dpi": 0}


def number(form: QueryDict, name: str, default: int) -> int:
    """A whole number of a form, or `default` where nothing stands. Raises Problem."""
    return _number(form.get(name, ""), name, default)


def _number(text: str, name: str, default: int) -> int:
    found = numbers.whole(text) if text.strip() else default
    if found < 0:
        raise Problem(_("“{value}” is no whole number.").format(value=text[:20]), field=name)
    return found


def table(form: QueryDict) -> list[Row]:
    """The rows of the posted table; one without a name is left out.

    Raises WrongRow for a number that is none, at its place among those with a name.
    """
    rows: list[Row] = []
    for typed in _typed(form):
        if not _kind(typed):
            continue
        try:
            found: dict[str, Any] = {
                column: _number(typed[column], column, default)
                for column, default in (
                    ("width", 0),
                    ("height", 0),
                    ("quality", 92),
                    ("closer", 0),
                    ("dpi", 0),
                )
            }
        except Problem as problem:
            raise WrongRow(problem.sentence, at=len(rows), column=problem.field or "kind") from None
        marks = {name: typed[name] for name in MARKS}
        rows.append(Row(kind=_kind(typed), format=typed["format"], **found, **marks))
    return rows


def _kind(typed: dict[str, Any]) -> str:
    kind: str = typed["kind"]
    return kind.strip().lower().replace(" ", "-")


def _typed(form: QueryDict) -> list[dict[str, Any]]:
    """Each row as it was typed, by column. Raises Problem where a part is missing."""
    lists = {column: form.getlist(name) for column, name in _INPUTS.items()}
    places = form.getlist("number")
    lengths = {len(found) for found in (*lists.values(), places)}
    if len(lengths) != 1 or max(lengths) > 2 * MOST_ROWS:
        raise Problem(_("The table of renditions is not whole. Load the page again."))
    marks = {name: set(form.getlist(name)) for name in MARKS}
    return [
        {
            **{column: found[at] for column, found in lists.items()},
            **{name: place in marks[name] for name in MARKS},
        }
        for at, place in enumerate(places)
    ]


def shown(finish: Finish, form: QueryDict | None, problem: Problem | None) -> dict[str, Any]:
    """What stands in the form: of `finish`, or what was posted and refused by `problem`."""
    if form is None:
        return {
            "eye_line": round(100 * finish.eye_line),
            "closer": finish.closer,
            "logo_corner": finish.logo_corner,
            "frame_colour": finish.frame_colour,
            "no_logo": False,
            "rows": _with_empty(rendition_table.stored(rendition_table.rows(finish.renditions))),
        }
    try:
        rows = _typed(form)
    except Problem:
        rows = rendition_table.stored(rendition_table.rows(finish.renditions))
    if isinstance(problem, WrongRow):
        named = [row for row in rows if _kind(row)]
        named[problem.at] |= {"wrong": problem.column, "sentence": problem.sentence}
    return {
        "eye_line": form.get("eye_line", ""),
        "closer": form.get("closer", ""),
        "logo_corner": form.get("logo_corner", "right"),
        "frame_colour": form.get("frame_colour", "#ffffff"),
        "no_logo": "no_logo" in form,
        "rows": _with_empty(rows),
    }


def _with_empty(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, and a few empty ones while there can be more."""
    free = min(_FREE, max(0, MOST_ROWS - len(rows)))
    return [*rows, *({**_EMPTY} for _number in range(free))]
