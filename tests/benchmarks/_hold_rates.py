"""Rates of holds and of raw guarded UPDATEs from many threads, in turns."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median

from django.conf import settings
from django.db import connection

from accounts.actors import SYSTEM
from accounts.models import Organisation
from billing import ledger
from billing.models import CreditAccount
from billing.recount import recount
from headshots.lib import embedded_postgres
from tests.benchmarks._report import Figure, say

GOAL = 0.4
RAW = "UPDATE bench_raw SET available = available - 1 WHERE id = %s AND available >= 1"
WARM = 10
"""Operations of each connection before the clock starts: connections live on in service."""
HOW = (
    "{threads} threads with connections of their own, {operations} operations a round, "
    "median of {rounds} rounds in turns; PostgreSQL {version}, fsync {fsync}"
)


@contextmanager
def own_database() -> Iterator[None]:
    """A test database of this run's own, gone afterwards, as is the server if it is ours."""
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "bench_ledger"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)
        if "EMBEDDED" in connection.settings_dict:
            connection.close()
            embedded_postgres.stop(connection.settings_dict["EMBEDDED"]["root"])


def rate(
    work: Callable[[int, int], None], *, threads: int, operations: int, durable: bool
) -> float:
    """Operations a second of `work(thread, number)`, all threads starting at once."""
    gate = threading.Barrier(threads + 1)
    each = operations // threads

    def run(thread: int) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET synchronous_commit = {'on' if durable else 'off'}")
            for number in range(WARM):
                work(thread, number)
            gate.wait(timeout=60)
            for number in range(WARM, WARM + each):
                work(thread, number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(run, thread) for thread in range(threads)]
        gate.wait(timeout=60)
        start = time.perf_counter()
        for one in running:
            one.result()
        return each * threads / (time.perf_counter() - start)


def fresh_accounts(count: int, credits: int) -> list[Organisation]:
    """Organisations with credits of three grants, as a customer with a plan and packs has."""
    made = []
    for number in range(count):
        organisation = Organisation.objects.create(
            name="Bench", slug=f"bench-{time.monotonic_ns()}-{number}"
        )
        for part in range(3):
            ledger.grant(
                actor=SYSTEM, organisation=organisation, amount=credits, source_key=f"bench:{part}"
            )
        made.append(organisation)
    return made


def write_history(operations: int) -> None:
    """Holds of a customer of long standing, and the statistics that PostgreSQL plans by."""
    (organisation,) = fresh_accounts(1, operations)
    for number in range(operations):
        ledger.hold(
            actor=SYSTEM, organisation=organisation, amount=1, source_key=f"history:{number}"
        )
        ledger.capture(actor=SYSTEM, organisation=organisation, source_key=f"history:{number}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def raw(accounts: int) -> Callable[[int, int], None]:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bench_raw SET available = 1000000000")

    def work(thread: int, number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(RAW, [thread % accounts])
            assert cursor.rowcount == 1

    return work


def holds(accounts: int, operations: int) -> Callable[[int, int], None]:
    organisations = fresh_accounts(accounts, operations)

    def work(thread: int, number: int) -> None:
        ledger.hold(
            actor=SYSTEM,
            organisation=organisations[thread % accounts],
            amount=1,
            source_key=f"shoot:{thread}-{number}",
        )

    return work


def measure(
    accounts: int, options: argparse.Namespace, how: str, *, durable: bool = True
) -> tuple[list[Figure], int]:
    """The rates of both on so many accounts, their ratio, and how many holds were made."""
    size = {"threads": options.threads, "operations": options.operations, "durable": durable}
    on = "one account" if accounts == 1 else f"{accounts} accounts"
    if not durable:
        on += ", not waiting for the disk"
    raws, ours = [], []
    for turn in range(options.rounds):
        raws.append(rate(raw(accounts), **size))
        ours.append(rate(holds(accounts, options.operations), **size))
        say(f"{on}, round {turn + 1}: raw {raws[-1]:.0f}/s, holds {ours[-1]:.0f}/s")
    ratio = median(mine / theirs for mine, theirs in zip(ours, raws, strict=True))
    goal = accounts == 1 and durable
    figures = [
        Figure(f"raw guarded UPDATE, {on}", round(median(raws)), "1/s", how=how),
        Figure(f"ledger.hold, {on}", round(median(ours)), "1/s", how=how),
        Figure(
            f"holds against raw, {on}",
            round(ratio, 3),
            "ratio",
            goal=f">= {GOAL}" if goal else "",
            ok=ratio >= GOAL if goal else None,
            how=how,
        ),
    ]
    each = options.operations // options.threads + WARM
    return figures, options.rounds * each * options.threads


def all_figures(options: argparse.Namespace) -> list[Figure]:
    """Everything that is measured, on a database of its own."""
    settings.CONN_HEALTH_CHECKS = False
    with own_database():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bench_raw (id int PRIMARY KEY, available bigint NOT NULL)")
            cursor.execute(
                "INSERT INTO bench_raw SELECT n, 0 FROM generate_series(0, %s) n", [options.threads]
            )
            cursor.execute("SELECT current_setting('fsync'), current_setting('server_version')")
            fsync, version = cursor.fetchone()
        how = HOW.format(**vars(options), fsync=fsync, version=version)
        write_history(options.operations)
        figures: list[Figure] = []
        made = 0
        for accounts, durable in ((1, True), (options.threads, True), (1, False)):
            more, holds_made = measure(accounts, options, how, durable=durable)
            figures += more
            made += holds_made
        wrong = [str(difference) for difference in recount()]
        held = sum(CreditAccount.objects.values_list("held", flat=True))
        figures.append(
            Figure(
                "holds lost or counted twice",
                abs(held - made) + len(wrong),
                "credits",
                goal="0",
                ok=held == made and not wrong,
                how="everything counted again from the entries after all rounds",
            )
        )
    return figures
