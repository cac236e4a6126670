"""Taking a staff roster in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts import audit
from accounts.actors import Actor
from accounts.models import Employee, Organisation
from headshots.lib.problems import Problem
from headshots.lib.tables import Table, TableProblem, read_table

# What a column may be called, in lower case without punctuation.
HEADERS: dict[str, tuple[str, ...]] = {
    "email": (
        "email",
        "e mail",
        "mail",
        "email address",
        "e mail address",
        "work email",
        "e mail adresse",
        "adresse e mail",
        "courriel",
        "correo",
        "correo electrónico",
        "correo electronico",
    ),
    "employee_number": (
        "employee number",
        "employee no",
        "employee id",
        "number",
        "id",
        "staff number",
        "personnel number",
        "personalnummer",
        "matricule",
        "número de empleado",
    ),
    "first_name": (
        "first name",
        "firstname",
        "given name",
        "vorname",
        "prénom",
        "prenom",
        "nombre",
    ),
    "last_name": (
        "last name",
        "lastname",
        "surname",
        "family name",
        "nachname",
        "nom",
        "apellido",
        "apellidos",
    ),
    "name": ("name", "full name", "employee", "employee name", "nom complet", "nombre completo"),
    "title": ("title", "job title", "position", "role", "titel", "poste", "puesto", "cargo"),
    "department": ("department", "team", "dept", "abteilung", "service", "departamento"),
}
LIMITS = {
    "employee_number": 60,
    "first_name": 100,
    "last_name": 100,
    "title": 150,
    "department": 100,
}


@dataclass(frozen=True)
class RosterRow:
    """One person as a file names them; `line` is the row in the file, the header being 1."""

    line: int
    email: str
    employee_number: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    department: str = ""


@dataclass(frozen=True)
class RowProblem:
    """Why a row of the file was left out."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Roster:
    """What a file says: good rows and, row by row, what is wrong with the others."""

    rows: tuple[RosterRow, ...]
    problems: tuple[RowProblem, ...]


@dataclass
class RosterReport:
    """What taking a roster in did."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    employees: list[Employee] = field(default_factory=list)


def read_roster(*, data: bytes, filename: str) -> Roster:
    """Read a CSV or XLSX file into rows. Bad rows are told of and left out; good ones are kept.

    Raises Problem where nothing can be used: no table, no e-mail column, no good row.
    """
    try:
        table = read_table(data, filename)
    except TableProblem as problem:
        raise Problem(str(problem), code="roster_unreadable", field="file") from problem
    columns = _match_columns(table)
    rows: list[RosterRow] = []
    problems = [RowProblem(line, sentence) for line, sentence in table.skipped]
    first_line: dict[str, int] = {}
    for line, cells in table.rows:
        values = {name: " ".join(cells[index].split()) for name, index in columns.items()}
        if not any(cells):
            continue
        try:
            row = _read_row(line, values)
        except Problem as problem:
            problems.append(RowProblem(line, problem.sentence))
            continue
        twin = next(
            (
                first_line[key]
                for key in (f"mail:{row.email}", f"number:{row.employee_number}")
                if key in first_line
            ),
            None,
        )
        if twin is not None:
            same = "e-mail address" if f"mail:{row.email}" in first_line else "employee number"
            problems.append(
                RowProblem(line, f"Row {line} has the same {same} as row {twin} and was left out.")
            )
            continue
        first_line[f"mail:{row.email}"] = line
        if row.employee_number:
            first_line[f"number:{row.employee_number}"] = line
        rows.append(row)
    if not rows:
        first = f" {problems[0].sentence}" if problems else ""
        raise Problem(f"No row of the file can be used.{first}", code="roster_empty", field="file")
    return Roster(tuple(rows), tuple(sorted(problems, key=lambda problem: problem.line)))


def _match_columns(table: Table) -> dict[str, int]:
    names = [re.sub(r"[\W_]+", " ", header.lower()).strip() for header in table.headers]
    columns: dict[str, int] = {}
    for field_name, known in HEADERS.items():
        for index, name in enumerate(names):
            if name in known and index not in columns.values():
                columns[field_name] = index
                break
    if "email" not in columns:
        raise Problem(
            "The file has no e-mail column. Its columns are "
            f"{', '.join(f'“{h}”' for h in table.headers if h) or 'unnamed'}; "
            "call one of them “email”.",
            code="roster_no_email",
            field="file",
        )
    return columns


def _read_row(line: int, values: dict[str, str]) -> RosterRow:
    email = values["email"].lower()
    if not email:
        raise Problem(f"Row {line} has no e-mail address and was left out.")
    try:
        validate_email(email)
    except ValidationError:
        raise Problem(
            f"Row {line}: “{values['email'][:80]}” is no e-mail address; the row was left out."
        ) from None
    full = values.pop("name", "")
    if full and not (values.get("first_name") or values.get("last_name")):
        if "," in full:
            last, _, first = full.partition(",")
        else:
            first, _, last = full.rpartition(" ")
        values["first_name"], values["last_name"] = first.strip(), last.strip()
    for name, limit in LIMITS.items():
        value = values.get(name, "")
        if len(value) > limit:
            raise Problem(
                f"Row {line}: the {name.replace('_', ' ')} has {len(value)} characters, more than "
                f"{limit}; the row was left out."
            )
        if "\x00" in value:
            raise Problem(f"Row {line} has a character that is no text; the row was left out.")
    return RosterRow(line=line, **{**values, "email": email})


@transaction.atomic
def import_roster(*, actor: Actor, organisation: Organisation, roster: Roster) -> RosterReport:
    """Add the people that are new, change those that differ, leave the others. All or nothing.

    A person is recognised by e-mail address. A row whose employee number is another person's is
    told of and left out.
    """
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    report = RosterReport(problems=list(roster.problems))
    known = {e.email.lower(): e for e in Employee.objects.filter(organisation=organisation)}
    owner_of_number = {
        e.employee_number: e.email.lower() for e in known.values() if e.employee_number
    }
    fields = list(LIMITS)
    new: list[Employee] = []
    changed: list[Employee] = []
    for row in roster.rows:
        owner = owner_of_number.get(row.employee_number)
        if row.employee_number and owner not in (None, row.email):
            report.problems.append(
                RowProblem(
                    row.line,
                    f"Row {row.line}: employee number {row.employee_number} belongs to {owner}; "
                    "the row was left out.",
                )
            )
            continue
        employee = known.get(row.email)
        if employee is None:
            employee = Employee(organisation=organisation, email=row.email)
            new.append(employee)
        else:
            # A column that the file lacks says nothing about what we know.
            differs = [
                f for f in fields if getattr(row, f) and getattr(row, f) != getattr(employee, f)
            ]
            report.employees.append(employee)
            if not differs:
                report.unchanged += 1
                continue
            changed.append(employee)
        for name in fields:
            if getattr(row, name):
                setattr(employee, name, getattr(row, name))
        if row.employee_number:
            owner_of_number[row.employee_number] = row.email
    Employee.objects.bulk_create(new, batch_size=1000)
    Employee.objects.bulk_update(changed, fields, batch_size=1000)
    report.employees = [*report.employees, *new]
    report.added, report.changed = len(new), len(changed)
    report.problems.sort(key=lambda problem: problem.line)
    audit.record(
        actor=actor,
        organisation=organisation,
        action="roster.imported",
        added=report.added,
        changed=report.changed,
        unchanged=report.unchanged,
        left_out=len(report.problems),
    )
    return report
