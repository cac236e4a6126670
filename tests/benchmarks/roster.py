"""How long a roster of ten thousand takes to preview and apply, against a bare COPY of its rows,
and to find somebody on.

Writes roster.json. Both are measured in one run on the same rows and the same table, in turns, in
a database of its own that is removed afterwards.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks._report import BENCH, Figure, report, say

# A server of its own: tests that run at the same time begin theirs anew.
os.environ.setdefault("HEADSHOTS_VAR_DIR", str(BENCH / "roster"))

HEADER = (
    "email", "employee number", "first name", "last name", "preferred name", "title",
    "department", "location", "language",
)  # fmt: skip


def rows(count: int, title: str) -> list[tuple[str, ...]]:
    """People who differ in each column as staff do."""
    return [
        (f"person{n}@example.com", f"{100_000 + n}", f"First{n % 997}", f"Last{n}", "",
         f"{title} {n % 50}", f"Department {n % 40}", f"City {n % 12}", "en")
        for n in range(count)
    ]  # fmt: skip


def clocked(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(count: int, rounds: int) -> list[Figure]:
    """Preview and apply `count` people as new, as unchanged and as changed; seconds and ratios."""
    from django.db import connection, transaction
    from django.db.models import F, QuerySet
    from django.db.models.functions import JSONObject
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from accounts.actors import SYSTEM
    from accounts.models import Employee, Organisation, RosterImport
    from accounts.staff import roster_imports, roster_people, roster_reading
    from headshots.lib.ids import uuid7
    from headshots.lib.tables import write_csv

    def file(organisation: Organisation, title: str) -> RosterImport:
        made = roster_reading.start_import(
            actor=SYSTEM,
            organisation=organisation,
            data=write_csv(HEADER, rows(count, title)),
            filename="staff.csv",
        )
        if made.state == RosterImport.State.READING:
            read.append(clocked(lambda: roster_reading.read_import(import_id=made.pk)))
            made.refresh_from_db()
        return roster_imports.map_columns(
            actor=SYSTEM, roster_import=made, meanings=made.meanings, mark_leavers=False
        )

    def check(found: RosterImport) -> None:
        roster_imports.check_import(import_id=found.pk, run=found.run)
        found.refresh_from_db()
        if found.state != "ready":
            raise SystemExit(f"the preview ended as {found.state}: {found.message}")

    def apply(found: RosterImport) -> None:
        if not roster_imports.apply_import(actor=SYSTEM, roster_import=found).done:
            raise SystemExit("the roster moved while nobody touched it")

    def bare_copy(organisation: Organisation) -> None:
        now = timezone.now()
        buffer = io.StringIO()
        for row in rows(count, "Engineer"):
            fixed = (str(uuid7()), str(organisation.pk), now.isoformat(), now.isoformat())
            buffer.write("\t".join((*fixed, "active", "{}", *row)) + "\n")
        text = buffer.getvalue()
        statement = (
            "COPY accounts_employee (id, organisation_id, created_at, updated_at, status, "
            "attributes, email, employee_number, first_name, last_name, preferred_name, title, "
            "department, location, language) FROM STDIN"
        )

        def copy_rows() -> None:
            with (
                transaction.atomic(),
                connection.cursor() as cursor,
                cursor.copy(statement) as copy,
            ):
                copy.write(text)

        copied.append(clocked(copy_rows))

    def show(people: QuerySet[Employee], found: QuerySet[Employee]) -> None:
        found.count()
        list(found[:50])
        roster_people.offered(people)

    def find(organisation: Organisation) -> None:
        people = Employee.objects.filter(organisation=organisation)
        people.update(
            attributes=JSONObject(
                **{f"Attribute {n}": F("employee_number") for n in range(9)}, Floor=F("location")
            )
        )
        for seconds, words in (
            (searched, {"q": "city 100123"}),
            (narrowed, {"attribute": "Floor", "attribute_value": "city 7", "language": "en"}),
        ):
            wanted = roster_people.Filter.read(words)
            found = roster_people.search(people, wanted)
            if not found.exists():
                raise SystemExit("nobody was found")
            seconds.append(clocked(partial(show, people, found)))

    copied: list[float] = []
    searched: list[float] = []
    narrowed: list[float] = []
    read: list[float] = []
    previewed, new, changed, unchanged, statements = [], [], [], [], []
    for turn in range(rounds):
        say(f"round {turn + 1} of {rounds}")
        ours, bare = (
            Organisation.objects.create(name=name, slug=f"{name}-{turn}")
            for name in ("ours", "bare")
        )
        bare_copy(bare)
        first = file(ours, "Engineer")
        previewed.append(clocked(lambda found=first: check(found)))  # type: ignore[misc]
        with CaptureQueriesContext(connection) as captured:
            new.append(clocked(lambda found=first: apply(found)))  # type: ignore[misc]
        statements.append(len(captured))
        for title, seconds in (("Engineer", unchanged), ("Director", changed)):
            found = file(ours, title)
            check(found)
            seconds.append(clocked(lambda found=found: apply(found)))  # type: ignore[misc]
        if (
            Employee.objects.filter(organisation=ours, title__startswith="Director").count()
            != count
        ):
            raise SystemExit("not everybody was changed")
        find(ours)
        Organisation.objects.all().delete()
    ratio = statistics.median(a / b for a, b in zip(new, copied, strict=True))
    seconds = statistics.median(new)
    how = f"{count} rows, median of {rounds} rounds in one database"
    most = max(statements)
    words, narrow = statistics.median(searched), statistics.median(narrowed)
    return [
        Figure("bare COPY", statistics.median(copied), "s", "", None, how),
        Figure("apply, all new", seconds, "s", "≤ 5", seconds <= 5,
               "reads, compares with the preview, writes, audits; one transaction"),
        Figure("apply to bare COPY", ratio, "×", "≤ 8", ratio <= 8, "the same rows and table"),
        Figure("apply, all changed", statistics.median(changed), "s", "", None, how),
        Figure("apply, nothing new", statistics.median(unchanged), "s", "", None, how),
        Figure("reading the CSV", statistics.median(read), "s", "", None, "in the background"),
        Figure("preview", statistics.median(previewed), "s", "", None, "in the background"),
        Figure("a page by two words", words, "s", "≤ 0.5", words <= 0.5,
               "in fields and ten own attributes; with its count and what the filter offers"),
        Figure("a page by attribute", narrow, "s", "≤ 0.5", narrow <= 0.5, "and by language"),
        Figure("statements of an apply", most, "", "≤ 15", most <= 15, "COPY not counted"),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    from headshots.lib import embedded_postgres

    old = setup_databases(verbosity=0, interactive=False)
    try:
        report("roster", measure(options.rows, options.rounds))
    finally:
        teardown_databases(old, verbosity=0)
        if "EMBEDDED" in settings.DATABASES["default"]:
            embedded_postgres.stop(settings.DATABASES["default"]["EMBEDDED"]["root"])


if __name__ == "__main__":
    main()
