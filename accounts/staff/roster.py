"""Taking a staff roster in at once, as commands do; pages do it in steps (roster_imports)."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.models import Change, Employee, Organisation
from accounts.staff import roster_changes, roster_writing
from accounts.staff.roster_columns import guess
from accounts.staff.roster_rows import CellProblem, ReadRow, RosterRow, read_rows
from headshots.lib.problems import Problem
from headshots.lib.tables import TableProblem, read_table


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
    meanings = guess(table)
    if "email" not in meanings:
        raise Problem(
            _(
                "The file has no e-mail column. Its columns are {value}; call one of them “email”."
            ).format(value=", ".join(f"“{h}”" for h in table.headers if h) or "unnamed"),
            code="roster_no_email",
            field="file",
        )
    read = read_rows(table, meanings)
    rows = tuple(one.row for one in read if one.row)
    problems = tuple(
        _in_words(one.line, next(p for p in one.problems if p.fatal))
        for one in read
        if one.row is None
    )
    if not rows:
        first = f" {problems[0].sentence}" if problems else ""
        raise Problem(
            _("No row of the file can be used.{first}").format(first=first),
            code="roster_empty",
            field="file",
        )
    return Roster(rows, problems)


def _in_words(line: int, problem: CellProblem) -> RowProblem:
    if not problem.column:
        return RowProblem(line, problem.sentence)
    return RowProblem(line, f"Row {line}: {problem.sentence} The row was left out.")


@transaction.atomic
def import_roster(*, actor: Actor, organisation: Organisation, roster: Roster) -> RosterReport:
    """Add the people that are new, change those that differ, leave the others. All or nothing.

    A person is recognised by e-mail address. A row whose employee number is another person's is
    told of and left out.
    """
    roster_writing.lock(organisation)
    decisions = roster_changes.decide(
        [ReadRow(row.line, row, (), row.email, row.employee_number) for row in roster.rows],
        roster_changes.known(organisation),
        by_number=False,
        leavers=False,
    )
    added = iter(roster_writing.write(organisation, decisions))
    counts = {change: sum(d.change == change for d in decisions) for change in Change}
    kept = [
        next(added) if decision.change == Change.NEW else decision.employee_id
        for decision in decisions
        if decision.change != Change.REFUSED
    ]
    people = Employee.objects.in_bulk([pk for pk in kept if pk])
    refused = [
        _in_words(decision.line or 0, decision.problems[-1])
        for decision in decisions
        if decision.change == Change.REFUSED
    ]
    report = RosterReport(
        added=counts[Change.NEW],
        changed=counts[Change.CHANGED],
        unchanged=counts[Change.UNCHANGED],
        problems=sorted([*roster.problems, *refused], key=lambda problem: problem.line),
        employees=[people[pk] for pk in kept if pk],
    )
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
