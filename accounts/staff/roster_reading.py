"""The first step of a roster file: kept, and read as a table. Nothing of the roster is touched.

A small file is read while the page waits, a heavy one by a task; until it is read it lies in the
vault.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from accounts import languages
from accounts.actors import Actor
from accounts.models import Organisation, RosterImport
from accounts.staff.roster_columns import LEAVE_OUT, guess, plain
from headshots.lib.problems import Problem
from headshots.lib.storage import vault
from headshots.lib.tables import Table, TableProblem, check_file, read_table, weight

State = RosterImport.State
# Files of up to this many bytes, unpacked, are read while the page waits.
AT_ONCE_BYTES = 200_000
_TELL_EVERY = 500


def start_import(
    *, actor: Actor, organisation: Organisation, data: bytes, filename: str
) -> RosterImport:
    """Keep a CSV or XLSX file as text, with a guess at what its columns are; of a heavy one the
    file itself, until a task has read it.

    Where an earlier file of the organisation had a column of the same name, it is what it was
    then. Raises Problem for what cannot be read as a table.
    """
    try:
        check_file(data, filename)
        small = weight(data) <= AT_ONCE_BYTES
        table = read_table(data, filename) if small else None
    except TableProblem as problem:
        raise Problem(str(problem), code="roster_unreadable", field="file") from problem
    found = RosterImport(
        organisation=organisation,
        uploaded_by=actor.user,
        filename=filename[:200] or "roster",
        state=State.READING,
    )
    if table is not None:
        _understood(found, table)
        found.save()
        return found
    vault().put(found.file, data)
    with transaction.atomic():
        found.save()
        async_task("accounts.tasks.read_roster", str(found.pk))
    return found


def read_import(*, import_id: UUID) -> None:
    """Read the file that was kept. Harmless when done twice or too late.

    One that cannot be read is noted with the sentence that says why, in the language of whoever
    uploaded it.
    """
    current = RosterImport.objects.filter(pk=import_id, state=State.READING)
    found = current.select_related("organisation", "uploaded_by").first()
    if found is None:
        return

    def tell(done: int) -> None:
        if done % _TELL_EVERY == 0:
            current.update(done=done, updated_at=timezone.now())

    with translation.override(languages.of_user(found.uploaded_by)):
        try:
            table = read_table(vault().read(found.file), found.filename, on_row=tell)
        except Problem as problem:
            current.update(state=State.FAILED, message=problem.sentence, updated_at=timezone.now())
        except Exception:
            current.update(
                state=State.FAILED,
                message=_("The file could not be read. Nothing was changed. Upload it once more."),
                updated_at=timezone.now(),
            )
            raise
        else:
            with transaction.atomic():
                if current.select_for_update(of=("self",)).only("pk").first():
                    _understood(found, table)
                    found.save()
    # Only after the row says so; a second run finds nothing to read then.
    vault().delete(found.file)


@transaction.atomic
def read_again(*, actor: Actor, roster_import: RosterImport) -> None:
    """Queue the reading once more, for a task that was lost."""
    del actor  # What is read is nobody's act yet.
    waiting = RosterImport.objects.filter(pk=roster_import.pk, state=State.READING)
    if waiting.update(updated_at=timezone.now()):
        async_task("accounts.tasks.read_roster", str(roster_import.pk))


def _understood(found: RosterImport, table: Table) -> None:
    found.table = {"headers": table.headers, "rows": table.rows, "skipped": table.skipped}
    found.headers = list(table.headers)
    found.meanings = guess(table, _like_last_time(found.organisation))
    found.total, found.done = len(table.rows), 0
    found.state = State.MAPPING


def _like_last_time(organisation: Organisation) -> dict[str, str]:
    last = (
        RosterImport.objects.filter(organisation=organisation, state=State.APPLIED)
        .only("headers", "meanings")
        .first()
    )
    if last is None:
        return {}
    return {
        plain(header): meaning
        for header, meaning in zip(last.headers, last.meanings, strict=True)
        if meaning != LEAVE_OUT and header
    }
