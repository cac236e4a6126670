"""A roster file that has been read: say what the columns are, preview; then apply.

Before it is applied a file touches nothing but its own rows here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_q.tasks import async_task

from accounts import audit, languages
from accounts.actors import Actor
from accounts.models import AuditEntry, Change, Employee, RosterImport, RosterLine
from accounts.staff import roster_changes, roster_writing
from accounts.staff.roster_changes import Decision
from accounts.staff.roster_columns import checked
from accounts.staff.roster_rows import ReadRow, read_rows
from headshots.lib import numbers
from headshots.lib.problems import Problem
from headshots.lib.storage import vault
from headshots.lib.tables import Row, Skipped, Table

State = RosterImport.State
# Files up to this many rows are checked while the page waits.
AT_ONCE = 300
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Applied:
    """`moved`: how many lines came out otherwise than previewed; then nothing was written."""

    done: bool
    moved: int = 0


@transaction.atomic
def map_columns(
    *, actor: Actor, roster_import: RosterImport, meanings: Sequence[str], mark_leavers: bool
) -> RosterImport:
    """Say what each column is, and check the file with that: at once, or a long one by a task.

    May be done again until the file is applied; a check that still runs then counts no more.
    Raises Problem for columns that do not go together.
    """
    roster_writing.lock(roster_import.organisation)
    found = _locked(roster_import)
    if not found.headers:
        raise Problem(_("The file has not been read yet."), code="not_read", status=409)
    found.meanings = checked(found.headers, meanings)
    found.mark_leavers = mark_leavers
    found.uploaded_by = actor.user or found.uploaded_by
    found.state, found.run, found.done, found.message = State.CHECKING, found.run + 1, 0, ""
    found.save(
        update_fields=[
            "meanings", "mark_leavers", "uploaded_by", "state", "run", "done", "message",
            "updated_at",
        ]
    )  # fmt: skip
    if found.total <= AT_ONCE:
        check_import(import_id=found.pk, run=found.run)
        found.refresh_from_db()
    else:
        async_task("accounts.tasks.check_roster", str(found.pk), found.run)
    return found


def check_import(*, import_id: UUID, run: int) -> None:
    """Read every row and write down what it would do. Harmless when done twice or too late."""
    current = RosterImport.objects.filter(pk=import_id, run=run, state=State.CHECKING)
    found = current.select_related("organisation", "uploaded_by").first()
    if found is None:
        return
    with translation.override(languages.of_user(found.uploaded_by)):
        _check(found, current)


def _check(found: RosterImport, current: QuerySet[RosterImport]) -> None:
    def tell(done: int) -> None:
        current.update(done=done, updated_at=timezone.now())

    try:
        read = read_rows(_table(found), found.meanings, tell)
        with transaction.atomic():
            # Who writes the roster writes before this or is seen when the file is applied.
            roster_writing.lock(found.organisation)
            locked = current.select_for_update().defer("table").first()
            if locked is not None:
                decisions, message = _decide(found, read)
                _keep_lines(locked, decisions, set())
                _ready(locked, decisions, message)
    except Exception:
        current.update(
            state=State.FAILED,
            message=_("The check broke off. Nothing was changed. Try once more."),
        )
        raise


def _ready(found: RosterImport, decisions: Sequence[Decision], message: str) -> None:
    counts = Counter(decision.change.value for decision in decisions)
    found.counts = {change.value: counts[change.value] for change in Change}
    found.state, found.done, found.message = State.READY, found.total, message
    found.checked_at = timezone.now()
    found.save(update_fields=["counts", "state", "done", "message", "checked_at", "updated_at"])


def _decide(found: RosterImport, read: Sequence[ReadRow]) -> tuple[list[Decision], str]:
    """What each row does now, and a sentence to know before applying, if there is one."""
    message = ""
    # Who stands in a row that cannot be read is unknown, and might be anybody.
    unreadable = any(one.row is None and not one.email for one in read)
    if found.mark_leavers and unreadable:
        message = _(
            "Nobody is marked as having left, because some rows do not say whom they are about. "
            "Mend them and upload the file again."
        )
    decisions = roster_changes.decide(
        read,
        roster_changes.known(found.organisation),
        by_number=True,
        leavers=found.mark_leavers and not unreadable,
    )
    return decisions, message


@transaction.atomic
def apply_import(*, actor: Actor, roster_import: RosterImport) -> Applied:
    """Write what the preview showed, all of it or, where the roster has moved since, nothing.

    If a line would now do something else than was shown, the preview is made anew with those
    lines marked, and it has to be applied once more. Raises Problem for a file that is not ready
    or has been applied.
    """
    roster_writing.lock(roster_import.organisation)
    found = _locked(roster_import)
    if found.state != State.READY:
        raise Problem(_("The file has not been checked yet."), code="not_ready", status=409)
    if _roster_stood_still(found):
        decisions, message, moved = _as_shown(found), "", set[object]()
    else:
        decisions, message = _decide(found, read_rows(_table(found), found.meanings))
        moved = _moved(found, decisions)
    if moved:
        who = _who_changed_it(found)
        _keep_lines(found, decisions, moved)
        said = ngettext(
            "{who} changed the roster after this preview was made, and nothing has been "
            "applied. {n} line comes out otherwise now and stands first, marked.",
            "{who} changed the roster after this preview was made, and nothing has been "
            "applied. {n} lines come out otherwise now and stand first, marked.",
            len(moved),
        ).format(who=who, n=numbers.grouped(len(moved)))
        message = f"{said} {message}".strip()
        _ready(found, decisions, message)
        return Applied(done=False, moved=len(moved))
    roster_writing.write(found.organisation, decisions)
    counts = found.counts
    audit.record(
        actor=actor,
        organisation=found.organisation,
        action="roster.imported",
        about=found,
        file=found.filename,
        added=counts[Change.NEW],
        changed=counts[Change.CHANGED],
        unchanged=counts[Change.UNCHANGED],
        left=counts[Change.LEAVES],
        left_out=counts[Change.REFUSED],
    )
    found.state, found.applied_at, found.table = State.APPLIED, timezone.now(), None
    found.save(update_fields=["state", "applied_at", "table", "updated_at"])
    return Applied(done=True)


# As much as the clocks of two hosts may differ.
_CLOCKS = timedelta(minutes=1)


def _roster_stood_still(found: RosterImport) -> bool:
    """Whether the preview certainly holds; every writer sets updated_at under the roster's lock."""
    since = (found.checked_at or found.created_at) - _CLOCKS
    people = Employee.objects.filter(organisation=found.organisation)
    return not people.filter(updated_at__gte=since).exists()


def _as_shown(found: RosterImport) -> list[Decision]:
    """What the preview says is to be written."""
    lines = found.lines.filter(change__in=[Change.NEW, Change.CHANGED, Change.LEAVES])
    return [
        Decision(number, Change(change), values, employee, before)
        for number, change, values, employee, before in lines.values_list(
            "number", "change", "values", "employee_id", "before"
        )
    ]


def _who_changed_it(found: RosterImport) -> str:
    names = (
        AuditEntry.objects.filter(
            Q(action__startswith="roster.") | Q(action__startswith="employee"),
            organisation=found.organisation,
            created_at__gt=found.checked_at or found.created_at,
        )
        .order_by("actor_name")
        .values_list("actor_name", flat=True)
        .distinct()
    )
    return ", ".join(names[:3]) or _("Somebody")


def forget_old(*, most: int = 100) -> int:
    """Remove files and previews older than KEPT_FOR, applied or not; returns how many."""
    old = RosterImport.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    forgotten = list(old.order_by("created_at").only("pk", "organisation_id")[:most])
    for one in forgotten:
        vault().delete(one.file)
    RosterImport.objects.filter(pk__in=[one.pk for one in forgotten]).delete()
    return len(forgotten)


@transaction.atomic
def discard_import(*, actor: Actor, roster_import: RosterImport) -> None:
    """Forget a file that is not wanted after all."""
    del actor  # The roster never knew of it; there is nothing to audit.
    found = _locked(roster_import)
    transaction.on_commit(lambda: vault().delete(found.file))
    RosterImport.objects.filter(pk=found.pk).delete()


def _locked(roster_import: RosterImport) -> RosterImport:
    rows = RosterImport.objects.select_for_update(of=("self",)).select_related("organisation")
    locked = rows.defer("table").get(pk=roster_import.pk)
    if locked.state == State.APPLIED:
        raise Problem(_("This file has been applied already."), code="applied", status=409)
    return locked


def _table(found: RosterImport) -> Table:
    kept: dict[str, Any] = found.table or {"headers": [], "rows": [], "skipped": []}
    return Table(
        tuple(kept["headers"]),
        tuple(Row(number, tuple(cells)) for number, cells in kept["rows"]),
        tuple(Skipped(number, sentence) for number, sentence in kept["skipped"]),
    )


# What makes one outcome differ from another; a leaver has no row, so the person stands for it.
# Of problems where they are: the sentence is in the language of whoever had it checked.
def _outcome(decision: Decision) -> tuple[object, ...]:
    fatal = [p.column for p in decision.problems if p.fatal]
    return (decision.change.value, decision.employee_id, decision.before, fatal)


def _moved(found: RosterImport, decisions: Sequence[Decision]) -> set[object]:
    """The rows, and of leavers the people, about which the preview says something else."""
    shown: dict[object, tuple[object, ...]] = {
        number or employee: (
            change,
            employee,
            before,
            [column for column, _sentence, fatal in problems if fatal],
        )
        for number, change, employee, before, problems in found.lines.order_by().values_list(
            "number", "change", "employee_id", "before", "problems"
        )
    }
    now: dict[object, tuple[object, ...]] = {
        decision.line or decision.employee_id: _outcome(decision) for decision in decisions
    }
    return {key for key in shown.keys() | now.keys() if shown.get(key) != now.get(key)}


_LINES = RosterLine._meta.db_table
_COPY = (
    f"COPY {_LINES} (roster_import_id, number, change, employee_id, values, before, problems, "
    "moved) FROM STDIN"
)


def _keep_lines(found: RosterImport, decisions: Sequence[Decision], moved: set[object]) -> None:
    """Put these lines in place of whatever there was."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_LINES} WHERE roster_import_id = %s", [found.pk])  # noqa: S608
        with cursor.copy(_COPY) as copy:
            for decision in decisions:
                copy.write_row(
                    (
                        found.pk,
                        decision.line,
                        decision.change.value,
                        decision.employee_id,
                        json.dumps(decision.values),
                        json.dumps(decision.before),
                        json.dumps([(p.column, p.sentence, p.fatal) for p in decision.problems]),
                        (decision.line or decision.employee_id) in moved,
                    )
                )
