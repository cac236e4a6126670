"""Bringing a roster up to date from another system: whole rows at once, told row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee, Organisation
from accounts.staff import new_addresses, roster_writing
from accounts.staff.roster_edits import read_person, tidy
from headshots.lib import numbers
from headshots.lib.problems import Problem

MOST_ROWS = 1000
LONGEST_ID = 100
_WRITTEN = (
    "email", "employee_number", "external_id", "first_name", "last_name", "preferred_name",
    "title", "department", "location", "language", "attributes", "status", "left_at",
    "updated_at",
)  # fmt: skip
_FIELDS = (
    "email", "employee_number", "first_name", "last_name", "preferred_name", "title",
    "department", "location", "language",
)  # fmt: skip


@dataclass
class Outcome:
    """What became of one row: created, changed, unchanged or refused, and why."""

    index: int
    external_id: str
    result: str
    employee_id: UUID | None = None
    problem: Problem | None = None


@dataclass
class _Roster:
    """Who is known, while rows are gone through."""

    by_id: dict[str, Employee] = field(default_factory=dict)
    by_email: dict[str, Employee] = field(default_factory=dict)
    by_number: dict[str, Employee] = field(default_factory=dict)

    def know(self, person: Employee) -> None:
        self.by_email[person.email.lower()] = person
        if person.external_id:
            self.by_id[person.external_id] = person
        if person.employee_number:
            self.by_number[person.employee_number] = person


@transaction.atomic
def upsert(
    *, actor: Actor, organisation: Organisation, rows: Sequence[Mapping[str, Any]]
) -> list[Outcome]:
    """Add whom the roster lacks, change who differs, leave the others; a row that is wrong is told
    of and left out. The number of statements does not grow with the rows.

    A person is recognised by `external_id`; where nobody has it, by the e-mail address of somebody
    who has none yet, who then gets it. A field that a row leaves out stays as it is; `status` may
    say that somebody has left or is back. Raises Problem for no row or more than MOST_ROWS.
    """
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Problem(
            _("Send 1 to {most_rows} rows a call.").format(most_rows=numbers.grouped(MOST_ROWS)),
            code="rows",
            field="employees",
        )
    roster_writing.lock(organisation)
    roster = _known(organisation, rows)
    outcomes: list[Outcome] = []
    touched: dict[UUID, Employee] = {}
    added: dict[UUID, Employee] = {}
    readdressed: list[UUID] = []
    seen: dict[str, int] = {}
    for index, row in enumerate(rows):
        external_id = _id_of(row)
        outcome = Outcome(index, external_id, "refused")
        outcomes.append(outcome)
        try:
            if (twin := seen.get(external_id)) is not None:
                raise Problem(
                    _("Row {twin} has the same external_id.").format(twin=twin),
                    code="twice",
                    field="external_id",
                )
            person, new = _matched(organisation, roster, row, external_id)
            address = person.email.lower()
            changed = _write(roster, person, row, external_id)
        except Problem as problem:
            outcome.problem = problem
            continue
        seen[external_id] = index
        roster.know(person)
        outcome.employee_id = person.pk
        if new:
            added[person.pk] = person
        elif changed:
            touched[person.pk] = person
            if person.email.lower() != address:
                readdressed.append(person.pk)
        outcome.result = "created" if new else "changed" if changed else "unchanged"
    # The changed go first: an address that one of them gives up may be a new one’s.
    _store([*touched.values(), *added.values()])
    new_addresses.follow(people=readdressed)
    if added or touched:
        audit.record(
            actor=actor,
            organisation=organisation,
            action="roster.synchronised",
            added=len(added),
            changed=len(touched),
            left_out=sum(o.result == "refused" for o in outcomes),
        )
    return outcomes


def _id_of(row: Mapping[str, Any]) -> str:
    return str(row.get("external_id", "")).strip()


def _known(organisation: Organisation, rows: Sequence[Mapping[str, Any]]) -> _Roster:
    """Whoever of the roster the rows may mean or collide with, in one statement."""
    said = {
        name: {tidy(str(row.get(name, ""))) for row in rows} - {""}
        for name in ("email", "employee_number")
    }
    people = (
        Employee.objects.filter(organisation=organisation)
        .annotate(address=Lower("email"))
        .filter(
            Q(external_id__in={_id_of(row) for row in rows} - {""})
            | Q(address__in={email.lower() for email in said["email"]})
            | Q(employee_number__in=said["employee_number"])
        )
    )
    roster = _Roster()
    for person in people:
        roster.know(person)
    return roster


def _matched(
    organisation: Organisation, roster: _Roster, row: Mapping[str, Any], external_id: str
) -> tuple[Employee, bool]:
    if not external_id or len(external_id) > LONGEST_ID or "\x00" in external_id:
        raise Problem(
            _("Give an external_id of 1 to {longest_id} characters.").format(longest_id=LONGEST_ID),
            code="external_id",
            field="external_id",
        )
    if person := roster.by_id.get(external_id):
        return person, False
    by_email = roster.by_email.get(tidy(str(row.get("email", ""))).lower())
    if by_email is not None and not by_email.external_id:
        return by_email, False
    return Employee(organisation=organisation), True


def _write(roster: _Roster, person: Employee, row: Mapping[str, Any], external_id: str) -> bool:
    """Put a row's values on a person; returns whether anything differs."""
    values = {name: str(row.get(name, getattr(person, name))) for name in _FIELDS}
    attributes = {**person.attributes, **row.get("attributes", {})}
    said = read_person(values, list(attributes), [str(value) for value in attributes.values()])
    _refuse_twins(roster, person, said.values)
    left = row.get("status", person.status) == Employee.Status.LEFT
    wanted: dict[str, Any] = {
        **said.values,
        "attributes": dict(said.attributes),
        "external_id": external_id,
        "status": Employee.Status.LEFT if left else Employee.Status.ACTIVE,
    }
    differs = [name for name, value in wanted.items() if getattr(person, name) != value]
    if not differs:
        return False
    roster.by_email.pop(person.email.lower(), None)
    roster.by_number.pop(person.employee_number, None)
    for name in differs:
        setattr(person, name, wanted[name])
    if "status" in differs:
        person.left_at = timezone.now() if left else None
    person.updated_at = timezone.now()
    return True


def _refuse_twins(roster: _Roster, person: Employee, values: Mapping[str, str]) -> None:
    for name, known in (("email", roster.by_email), ("employee_number", roster.by_number)):
        other = known.get(values[name])
        if other is not None and other.pk != person.pk:
            raise Problem(
                _("{name} has this {name2} already.").format(
                    name=other.name, name2=name.replace("_", " ")
                ),
                code=f"{name}_taken",
                field=name,
            )


def _store(people: Sequence[Employee]) -> None:
    Employee.objects.bulk_create(
        people, update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN
    )
