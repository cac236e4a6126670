"""Bringing a roster up to date from another system: whole rows at once, told row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Q
from django.db.models.functions import Cast, Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee, Organisation
from accounts.staff import new_addresses, roster_twins, roster_writing
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
class _Read:
    """A row that can be read: every field of its person as it would be, and what that takes."""

    outcome: Outcome
    wanted: Mapping[str, Any]
    claim: roster_twins.Claim
    new: bool


@transaction.atomic
def upsert(
    *, actor: Actor, organisation: Organisation, rows: Sequence[Mapping[str, Any]]
) -> list[Outcome]:
    """Add whom the roster lacks, change who differs, leave the others; a row that is wrong is told
    of and left out. The number of statements does not grow with the rows.

    A person is recognised by `external_id`; where nobody has it, by the e-mail address of somebody
    who has none yet or has left, who then gets it: whoever left and has another id now was hired
    again, and is back unless the row says `left`. Else a field that a row leaves out stays as it
    is, as does each attribute (an empty one is taken off); `status` may say that somebody has left
    or is back. Addresses and numbers are compared as all rows leave them, so people may swap
    theirs. Raises Problem for no row or more than MOST_ROWS.
    """
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Problem(
            _("Send 1 to {most_rows} rows a call.").format(most_rows=numbers.grouped(MOST_ROWS)),
            code="rows",
            field="employees",
        )
    roster_writing.lock(organisation)
    outcomes = [Outcome(index, _id_of(row), "refused") for index, row in enumerate(rows)]
    people = _known(organisation, rows)
    read = list(_read(organisation, people, rows, outcomes))
    meant = {each.claim.person.pk for each in read}
    roster_twins.settle(
        [each.claim for each in read], [person for person in people if person.pk not in meant]
    )
    good = [each for each in read if each.claim.problem is None]
    aside = roster_twins.in_the_way([each.claim for each in good])
    added: list[Employee] = []
    changed: list[Employee] = []
    readdressed: list[UUID] = []
    for each in read:
        each.outcome.problem = each.claim.problem
    for each in good:
        person, address = each.claim.person, each.claim.person.email.lower()
        each.outcome.employee_id = person.pk
        if each.new:
            each.outcome.result = "created"
            added.append(person)
        elif _put(person, each.wanted):
            each.outcome.result = "changed"
            changed.append(person)
            if person.email.lower() != address:
                readdressed.append(person.pk)
        else:
            each.outcome.result = "unchanged"
    _store(aside, [*changed, *added])
    new_addresses.follow(people=readdressed)
    if added or changed:
        audit.record(
            actor=actor,
            organisation=organisation,
            action="roster.synchronised",
            added=len(added),
            changed=len(changed),
            left_out=sum(o.result == "refused" for o in outcomes),
        )
    return outcomes


def _id_of(row: Mapping[str, Any]) -> str:
    return str(row.get("external_id", "")).strip()


def _known(organisation: Organisation, rows: Sequence[Mapping[str, Any]]) -> list[Employee]:
    """Whoever of the roster the rows may mean or collide with, in one statement."""
    said = {
        name: {tidy(str(row.get(name, ""))) for row in rows} - {""}
        for name in ("email", "employee_number")
    }
    return list(
        Employee.objects.filter(organisation=organisation)
        .annotate(address=Lower("email"))
        .filter(
            Q(external_id__in={_id_of(row) for row in rows} - {""})
            | Q(address__in={email.lower() for email in said["email"]})
            | Q(employee_number__in=said["employee_number"])
        )
    )


def _read(
    organisation: Organisation,
    people: Sequence[Employee],
    rows: Sequence[Mapping[str, Any]],
    outcomes: Sequence[Outcome],
) -> Iterator[_Read]:
    """The rows that can be read; the outcomes of the others are told why not."""
    by_id = {person.external_id: person for person in people if person.external_id}
    by_email = {person.email.lower(): person for person in people}
    # Whoever a row names by the id is nobody else's by the address.
    meant = {by_id[each.external_id].pk for each in outcomes if each.external_id in by_id}
    seen: dict[str, int] = {}
    for row, outcome in zip(rows, outcomes, strict=True):
        try:
            _check_id(outcome.external_id, seen)
            person = by_id.get(outcome.external_id)
            if person is None:
                person = by_email.get(tidy(str(row.get("email", ""))).lower())
                if person is not None and (person.pk in meant or not _may_take(person)):
                    person = None
            new = person is None
            person = person or Employee(organisation=organisation)
            wanted = _wanted(person, row, outcome.external_id)
        except Problem as problem:
            outcome.problem = problem
            continue
        seen[outcome.external_id] = outcome.index
        meant.add(person.pk)
        had = roster_twins.keys(person.email, person.employee_number)
        if new:
            _put(person, wanted)
        wants = roster_twins.keys(wanted["email"], wanted["employee_number"])
        yield _Read(outcome, wanted, roster_twins.Claim(person, had, wants), new)


def _check_id(external_id: str, seen: Mapping[str, int]) -> None:
    if not external_id or len(external_id) > LONGEST_ID or "\x00" in external_id:
        raise Problem(
            _("Give an external_id of 1 to {longest_id} characters.").format(longest_id=LONGEST_ID),
            code="external_id",
            field="external_id",
        )
    if (twin := seen.get(external_id)) is not None:
        raise Problem(
            _("Row {twin} has the same external_id.").format(twin=twin),
            code="twice",
            field="external_id",
        )


def _may_take(person: Employee) -> bool:
    """Whether a row with an id that nobody has may be about somebody with its address."""
    return not person.external_id or person.status == Employee.Status.LEFT


def _wanted(person: Employee, row: Mapping[str, Any], external_id: str) -> dict[str, Any]:
    """Every field as the row would have it. Raises Problem, naming the field."""
    values = {name: str(row.get(name, getattr(person, name))) for name in _FIELDS}
    own = {tidy(str(name)): value for name, value in row.get("attributes", {}).items()}
    attributes = {**person.attributes, **own}
    said = read_person(values, list(attributes), [str(value) for value in attributes.values()])
    # A new id for somebody who had another is a new employment.
    known = person.status if person.external_id in ("", external_id) else Employee.Status.ACTIVE
    left = row.get("status", known) == Employee.Status.LEFT
    return {
        **said.values,
        "attributes": dict(said.attributes),
        "external_id": external_id,
        "status": Employee.Status.LEFT if left else Employee.Status.ACTIVE,
    }


def _put(person: Employee, wanted: Mapping[str, Any]) -> bool:
    """Put a row's values on a person; returns whether anything differs."""
    differs = [name for name, value in wanted.items() if getattr(person, name) != value]
    for name in differs:
        setattr(person, name, wanted[name])
    if "status" in differs:
        left = person.status == Employee.Status.LEFT
        person.left_at = timezone.now() if left else None
    if differs:
        person.updated_at = timezone.now()
    return bool(differs)


def _store(aside: Sequence[Employee], people: Sequence[Employee]) -> None:
    """Write people in one statement; those who stand `aside` first give up what others get, as
    uniqueness is looked at row by row."""
    if aside:
        Employee.objects.filter(pk__in=[person.pk for person in aside]).update(
            email=Cast("id", CharField()), employee_number=""
        )
    Employee.objects.bulk_create(
        people, update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN
    )
