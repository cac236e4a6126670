"""The rows of a roster file, read: people, and cell by cell what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.staff.roster_columns import (
    ATTRIBUTE,
    ATTRIBUTE_LIMIT,
    FULL_NAME,
    LABELS,
    LEAVE_OUT,
    LIMITS,
    language_code,
)
from headshots.lib.tables import Table

TELL_EVERY = 500


@dataclass(frozen=True)
class RosterRow:
    """One person as a file names them; `line` is the row in the file, the header being 1."""

    line: int
    email: str
    employee_number: str = ""
    first_name: str = ""
    last_name: str = ""
    preferred_name: str = ""
    title: str = ""
    department: str = ""
    location: str = ""
    language: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """What the file says, without what it leaves empty; JSON-able."""
        return {k: v for k, v in asdict(self).items() if v and k != "line"}


@dataclass(frozen=True)
class CellProblem:
    """What is wrong with a cell, or with the whole row where `column` is empty.

    `fatal`: the row is left out; else the cell alone is.
    """

    column: str
    sentence: str
    fatal: bool = True


@dataclass(frozen=True)
class ReadRow:
    """A row of the file: a person, unless something fatal is wrong."""

    line: int
    row: RosterRow | None
    problems: tuple[CellProblem, ...] = ()
    # What the row would have been recognised by, for whoever must not be taken for a leaver.
    email: str = ""
    employee_number: str = ""


def read_rows(
    table: Table, meanings: Sequence[str], on_progress: Callable[[int], None] = lambda done: None
) -> list[ReadRow]:
    """Read every row by what its columns mean (accounts.staff.roster_columns), in the file's order.

    `on_progress` hears the number of rows read so far.
    """
    columns = {
        meaning: index
        for index, meaning in enumerate(meanings)
        if meaning not in (LEAVE_OUT, ATTRIBUTE)
    }
    own = [(table.headers[i], i) for i, meaning in enumerate(meanings) if meaning == ATTRIBUTE]
    found = [ReadRow(line, None, (CellProblem("", sentence),)) for line, sentence in table.skipped]
    first_line: dict[tuple[str, str], int] = {}
    for done, (line, cells) in enumerate(table.rows):
        if done % TELL_EVERY == 0:
            on_progress(done)
        if not any(cells):
            continue
        values = {name: " ".join(cells[index].split()) for name, index in columns.items()}
        attributes = {name: " ".join(cells[i].split()) for name, i in own if cells[i].strip()}
        problems = _faults(values, attributes)
        email, number = values["email"].lower(), values.get("employee_number", "")
        if not any(problem.fatal for problem in problems):
            for name, value, said in (
                ("email", email, _("Row {row} has the same e-mail address.")),
                ("employee_number", number, _("Row {row} has the same employee number.")),
            ):
                if twin := first_line.get((name, value)):
                    problems.append(CellProblem(name, said.format(row=twin)))
        if any(problem.fatal for problem in problems):
            found.append(ReadRow(line, None, tuple(problems), email, number))
            continue
        first_line["email", email] = line
        if number:
            first_line["employee_number", number] = line
        row = RosterRow(line=line, **{**values, "email": email, "attributes": attributes})  # type: ignore[arg-type]
        found.append(ReadRow(line, row, tuple(problems), email, number))
    return sorted(found, key=lambda read: read.line)


def _faults(values: dict[str, str], attributes: dict[str, str]) -> list[CellProblem]:
    """What is wrong with one row's cells. Makes the values what they are stored as."""
    problems: list[CellProblem] = []
    full = values.pop(FULL_NAME, "")
    if full and not (values.get("first_name") or values.get("last_name")):
        if "," in full:
            last, _comma, first = full.partition(",")
        else:
            first, _blank, last = full.rpartition(" ")
        values["first_name"], values["last_name"] = first.strip(), last.strip()
    for name, value in values.items():
        if len(value) > LIMITS[name]:
            said = _("{what} has {count} characters, more than {most}.").format(
                what=_(LABELS[name]), count=len(value), most=LIMITS[name]
            )
            problems.append(CellProblem(name, said))
        if "\x00" in value:
            problems.append(CellProblem(name, _("There is a character that is no text.")))
    for name, value in attributes.items():
        if len(value) > ATTRIBUTE_LIMIT or "\x00" in value:
            problems.append(
                CellProblem(
                    name,
                    _("At most {most} characters of text are kept.").format(most=ATTRIBUTE_LIMIT),
                )
            )
    email = values["email"]
    if not email:
        problems.append(CellProblem("email", _("There is no e-mail address.")))
    elif not any(problem.column == "email" for problem in problems):
        try:
            validate_email(email.lower())
        except ValidationError:
            said = _("“{email}” is no e-mail address.").format(email=email[:80])
            problems.append(CellProblem("email", said))
    if language := values.get("language"):
        code = language_code(language)
        values["language"] = code or ""
        if code is None:
            problems.append(
                CellProblem(
                    "language",
                    _(
                        "“{language}” is not among English, German, French and Spanish; the "
                        "language is left as it is."
                    ).format(language=language[:40]),
                    fatal=False,
                )
            )
    return problems
