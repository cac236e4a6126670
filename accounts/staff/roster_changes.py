"""What a file's rows mean for a roster as it stands: who is new, who changes and how, who leaves.

Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Change, Employee, Organisation
from accounts.staff.roster_columns import LABELS
from accounts.staff.roster_rows import CellProblem, ReadRow, RosterRow

FIELDS = tuple(LABELS)
_NUMBER = LABELS["employee_number"]


@dataclass(frozen=True)
class Known:
    """A person of the roster as it stands."""

    pk: UUID
    status: str
    attributes: dict[str, str]
    values: dict[str, str]

    @property
    def email(self) -> str:
        return self.values["email"]


@dataclass(frozen=True)
class Decision:
    """What becomes of one row of the file, or, with `line` None, of somebody who is not in it.

    `values` is what the file says, `before` what the roster says of those fields that differ.
    """

    line: int | None
    change: Change
    values: dict[str, Any] = field(default_factory=dict)
    employee_id: UUID | None = None
    before: dict[str, Any] = field(default_factory=dict)
    problems: tuple[CellProblem, ...] = ()


def known(organisation: Organisation) -> list[Known]:
    """Everybody on the roster, those who have left included, in one statement."""
    rows = Employee.objects.filter(organisation=organisation).order_by()
    return [
        Known(pk, status, attributes, dict(zip(FIELDS, values, strict=True)))
        for pk, status, attributes, *values in rows.values_list(
            "pk", "status", "attributes", *FIELDS
        )
    ]


def decide(
    rows: Iterable[ReadRow], people: Sequence[Known], *, by_number: bool, leavers: bool
) -> list[Decision]:
    """What each row does, in the order given, then who leaves.

    People are recognised by e-mail address and, `by_number`, by employee number where the address
    is nobody's. A cell that is empty says nothing about what we know. With `leavers` whoever is in
    no row, not even in one that is left out, leaves.
    """
    rows = list(rows)
    by_email = {person.email.lower(): person for person in people}
    of_number = {
        person.values["employee_number"]: person
        for person in people
        if person.values["employee_number"]
    }
    named = {read.row.email for read in rows if read.row}
    decisions = []
    for read in rows:
        if read.row is None:
            decisions.append(_refused(read, *read.problems))
            continue
        person = by_email.get(read.row.email)
        owner = of_number.get(read.row.employee_number)
        if owner is not None and owner is not person:
            if person is None and by_number and owner.email.lower() not in named:
                person = owner
            else:
                problem = CellProblem(
                    "employee_number",
                    _("{what} {number} belongs to {email}.").format(
                        what=_(_NUMBER),
                        number=read.row.employee_number,
                        email=owner.email,
                    ),
                )
                decisions.append(_refused(read, *read.problems, problem))
                continue
        decisions.append(_of_row(read, read.row, person))
    if leavers:
        decisions += _leavers(rows, people, {d.employee_id for d in decisions})
    return decisions


def _refused(read: ReadRow, *problems: CellProblem) -> Decision:
    values = {"email": read.email} if read.email else {}
    return Decision(read.line, Change.REFUSED, values, problems=problems)


def _of_row(read: ReadRow, row: RosterRow, person: Known | None) -> Decision:
    values = row.values()
    if person is None:
        return Decision(read.line, Change.NEW, values, problems=read.problems)
    before: dict[str, Any] = {
        name: person.values[name]
        for name in FIELDS
        if name in values
        and values[name] != (person.email.lower() if name == "email" else person.values[name])
    }
    own = {
        name: person.attributes.get(name, "")
        for name, value in row.attributes.items()
        if person.attributes.get(name, "") != value
    }
    if own:
        before["attributes"] = own
    if person.status == Employee.Status.LEFT:
        before["status"] = person.status
    change = Change.CHANGED if before else Change.UNCHANGED
    return Decision(read.line, change, values, person.pk, before, read.problems)


def _leavers(
    rows: Sequence[ReadRow], people: Sequence[Known], matched: set[UUID | None]
) -> list[Decision]:
    emails = {read.email for read in rows if read.email}
    numbers = {read.employee_number for read in rows if read.employee_number}
    return [
        Decision(None, Change.LEAVES, {"email": person.email}, person.pk)
        for person in sorted(people, key=lambda person: person.email)
        if person.status != Employee.Status.LEFT
        and person.pk not in matched
        and person.email.lower() not in emails
        and person.values["employee_number"] not in numbers
    ]
