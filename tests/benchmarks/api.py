"""What the API adds to the queries that it must make: five busy operations at two sizes.

Writes api.json: p50, p95 and requests a second of each, and the same three as ratios to the bare
query that it cannot do without. p50 and p95 are taken in turns with the query, one at a time, of
requests that go through the whole of Django by its test client. Requests a second are those of the
web server as it runs for real, which several programs ask at the same time over the wire; as many
ask the query alone, each on a connection of its own. A second organisation of the same size stands
beside, so that nothing is cheap for being alone; the database is removed afterwards.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import _under_load
from tests.benchmarks._report import BENCH, Figure, report, say

# A server of its own: tests that run at the same time begin theirs anew.
os.environ.setdefault("HEADSHOTS_VAR_DIR", str(BENCH / "api"))

Call = Callable[[], object]
AN_ORDER = 10_000


def clocked(call: Call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def fill(world: Any, count: int) -> None:
    """Bring the roster to so many people, and order for each of them."""
    from django.db import connection

    from accounts.models import Employee

    hire(world, count)
    ordered = Employee.objects.filter(shoots__order__organisation=world.organisation)
    waiting = Employee.objects.filter(organisation=world.organisation).exclude(pk__in=ordered)
    people = list(waiting.order_by("pk"))
    for start in range(0, len(people), AN_ORDER):
        world.order(0, employees=people[start : start + AN_ORDER], invite=False)
    with connection.cursor() as cursor:
        # As the server does by itself within a minute.
        cursor.execute("ANALYZE")


def hire(world: Any, count: int) -> None:
    """Bring the roster to so many people."""
    from accounts.models import Employee

    there = Employee.objects.filter(organisation=world.organisation).count()
    people = [
        Employee(
            organisation=world.organisation,
            email=f"bench{n}@example.com",
            external_id=f"hr-{n}",
            employee_number=f"b{n}",
            first_name=f"First{n % 997}",
            last_name=f"Last{n}",
            department=f"Department {n % 40}",
        )
        for n in range(there, count)
    ]
    Employee.objects.bulk_create(people, batch_size=5000)


def operations(world: Any, program: Any, size: int) -> list[tuple[str, Call, Call]]:
    """Each operation: its name, the request, and the bare query behind it."""
    from django.db import connection

    from generation.models import Shoot

    own = str(world.organisation.pk)
    shoot = Shoot.objects.filter(order__organisation=own).order_by("pk")[size // 2]
    rows = [
        {"external_id": f"hr-{n}", "email": f"bench{n}@example.com", "title": "Engineer"}
        for n in range(10, 110)
    ]
    turn = iter(range(10**9))

    def bare(statement: str, *values: object) -> Call:
        def run() -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                cursor.fetchall()

        return run

    def ask(method: str, path: str, body: Any = None) -> Call:
        def run() -> None:
            answer = program.send(method, path, body)
            if answer.status_code >= 300:
                raise SystemExit(f"{method} {path}: {answer.content[:300]!r}")

        return run

    def upsert() -> None:
        title = f"Engineer {next(turn)}"
        ask("POST", "employees/upsert", {"employees": [{**r, "title": title} for r in rows]})()

    def bare_upsert() -> None:
        numbers = [row["external_id"] for row in rows]
        with connection.cursor() as cursor:
            cursor.execute(
                # Locked in their order, as several ask at the same time.
                "WITH mine AS (SELECT id FROM accounts_employee WHERE organisation_id = %s "
                "AND external_id = ANY(%s) ORDER BY id FOR UPDATE) "
                "UPDATE accounts_employee e SET title = %s, updated_at = now() "
                "FROM mine WHERE e.id = mine.id",
                [own, numbers, f"Bare {next(turn)}"],
            )

    return [
        (
            "list 50 employees",
            ask("GET", "employees"),
            bare(
                "SELECT * FROM accounts_employee WHERE organisation_id = %s AND status = 'active' "
                "ORDER BY id DESC LIMIT 51",
                own,
            ),
        ),
        (
            "find one by external id",
            ask("GET", "employees?external_id=hr-700"),
            bare(
                "SELECT * FROM accounts_employee WHERE organisation_id = %s AND external_id = %s",
                own,
                "hr-700",
            ),
        ),
        (
            "list 50 shoots of an order",
            ask("GET", f"shoots?order={shoot.order_id}"),
            bare(
                "SELECT s.*, o.*, e.* FROM generation_shoot s "
                "JOIN generation_order o ON o.id = s.order_id "
                "JOIN accounts_employee e ON e.id = s.employee_id "
                "WHERE o.organisation_id = %s AND s.order_id = %s ORDER BY s.id DESC LIMIT 51",
                own,
                str(shoot.order_id),
            ),
        ),
        (
            "read a shoot",
            ask("GET", f"shoots/{shoot.pk}"),
            bare(
                "SELECT s.*, o.*, e.* FROM generation_shoot s "
                "JOIN generation_order o ON o.id = s.order_id "
                "JOIN accounts_employee e ON e.id = s.employee_id "
                "WHERE o.organisation_id = %s AND s.id = %s",
                own,
                str(shoot.pk),
            ),
        ),
        ("upsert 100 employees", upsert, bare_upsert),
    ]


def measure(sizes: list[int], rounds: int, seconds: float) -> list[Figure]:
    """Every operation at every size."""
    from tests.api.program import Program
    from tests.world import make_world

    credits = max(sizes) + 1000
    world, beside = make_world(credits=credits), make_world("Beside", credits=credits)
    program = Program.of(world.organisation)
    figures = []
    for size in sizes:
        say(f"{size:,} employees …")
        for each in (beside, world):
            fill(each, size)
        for name, request, query in operations(world, program, size):
            for call in (request, query):
                call()
            times: list[float] = []
            bare: list[float] = []
            for _ in range(rounds):
                times.append(clocked(request))
                bare.append(clocked(query))
            label = f"{name}, {size:,}"
            turns = f"{rounds} of each, in turns with the query alone"
            for called, of in (("p50", statistics.median), ("p95", _p95)):
                figures += [
                    Figure(f"{label}: {called}", of(times) * 1000, "ms"),
                    Figure(
                        f"{label}: {called} to the bare query's",
                        of(times) / of(bare),
                        "times",
                        how=turns,
                    ),
                ]
        with _under_load.site() as base:
            wire = _under_load.Wire(program.secret, base)
            for name, request, query in operations(world, wire, size):
                request()
                asked = _under_load.rate(request, seconds=seconds)
                alone = _under_load.rate(query, seconds=seconds)
                label = f"{name}, {size:,}"
                how = f"{_under_load.CLIENTS} programs for {seconds:g} s"
                figures += [
                    Figure(f"{label}: rate", asked, "requests/s", how=f"{how}, over the wire"),
                    Figure(
                        f"{label}: the bare query's rate to it",
                        alone / asked,
                        "times",
                        how=f"{how}, and as many with the query alone, a connection each",
                    ),
                ]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.conf import settings
    from django.test.utils import (
        setup_databases,
        setup_test_environment,
        teardown_databases,
    )

    setup_test_environment()
    settings.API_REQUESTS_A_MINUTE = 10**6
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        report("api", measure(options.sizes, options.rounds, options.seconds))
    finally:
        teardown_databases(databases, verbosity=0)
        embedded = settings.DATABASES["default"].get("EMBEDDED")
        if embedded:
            from headshots.lib import embedded_postgres

            embedded_postgres.stop(embedded["root"])


if __name__ == "__main__":
    main()
