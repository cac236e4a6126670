"""One account, many threads: never more is spent than there is."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.models import Organisation
from billing import ledger
from billing.models import CreditAccount, CreditEntry, CreditGrant, CreditHold
from billing.recount import recount
from headshots.lib.problems import Problem
from tests.races.together import together
from tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def test_holds_do_not_overspend() -> None:
    world = make_world(credits=5)
    results = together(
        [
            lambda n=n: ledger.hold(
                actor=SYSTEM, organisation=world.organisation, amount=1, source_key=f"s{n}"
            )
            for n in range(THREADS)
        ]
    )
    assert sum(isinstance(result, Problem) for result in results) == THREADS - 5
    assert sum(isinstance(result, CreditHold) for result in results) == 5
    balance = ledger.balance(organisation=world.organisation)
    assert (balance.available, balance.held) == (0, 5)
    assert list(recount()) == []


def hold_without_the_lock(
    organisation: Organisation, key: str, read: threading.Barrier
) -> Callable[[], None]:
    """The twin of `ledger.hold`: the same steps and no lock before them."""

    def spend() -> None:
        with transaction.atomic():
            account = CreditAccount.objects.get(organisation=organisation)
            grant = CreditGrant.objects.get(account=account)
            read.wait(timeout=30)
            if account.available < 1:
                raise ledger.too_few(missing=1)
            account.available -= 1
            account.held += 1
            account.last_number += 1
            grant.remaining -= 1
            account.save(update_fields=["available", "held", "last_number"])
            grant.save(update_fields=["remaining"])
            CreditHold.objects.create(account=account, source_key=key, turn=1, amount=1, open=1)

    return spend


@contextmanager
def unchecked() -> Iterator[None]:
    """Without the checks at commit."""
    tables = [model._meta.db_table for model in (CreditAccount, CreditGrant, CreditHold)]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            yield
        finally:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_without_the_lock_the_same_threads_overspend() -> None:
    """The twin of the test above, so that it is known that test can fail."""
    world = make_world(credits=5)
    read = threading.Barrier(THREADS)
    with unchecked():
        results = together(
            [hold_without_the_lock(world.organisation, f"s{n}", read) for n in range(THREADS)]
        )
    assert not any(results)
    assert CreditHold.objects.count() == THREADS > 5
    assert list(recount())


def test_without_the_lock_the_checks_at_commit_still_refuse() -> None:
    world = make_world(credits=5)
    read = threading.Barrier(THREADS)
    results = together(
        [hold_without_the_lock(world.organisation, f"s{n}", read) for n in range(THREADS)]
    )
    assert all(isinstance(result, IntegrityError) for result in results)
    assert not CreditHold.objects.exists()
    assert list(recount()) == []


def test_capture_and_release_at_once_settle_a_hold_once() -> None:
    world = make_world(credits=1)
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="s")
    organisation = world.organisation
    together(
        [
            lambda: ledger.capture(actor=SYSTEM, organisation=organisation, source_key="s"),
            lambda: ledger.release(actor=SYSTEM, organisation=organisation, source_key="s"),
        ]
        * 3
    )
    kinds = list(
        CreditEntry.objects.filter(kind__in=["capture", "release"]).values_list("kind", flat=True)
    )
    assert len(kinds) == 1
    balance = ledger.balance(organisation=organisation)
    assert balance.held == 0
    assert balance.available == (1 if kinds == ["release"] else 0)


def test_the_first_grant_from_many_threads_counts_once() -> None:
    """Also where the account itself is made by whoever comes first."""
    organisation = make_world(credits=0).organisation
    results = together(
        [
            lambda: ledger.grant(
                actor=SYSTEM, organisation=organisation, amount=7, source_key="checkout:1"
            )
        ]
        * THREADS
    )
    assert sorted(map(bool, results)) == [False] * (THREADS - 1) + [True]
    assert ledger.balance(organisation=organisation).available == 7


def test_everything_at_once_still_adds_up() -> None:
    organisation = make_world(credits=20).organisation
    who = {"actor": SYSTEM, "organisation": organisation}

    def life(n: int) -> None:
        ledger.grant(**who, amount=3, source_key=f"checkout:{n % 4}")
        for key in (f"line:{n}", "line:shared"):
            try:
                ledger.hold(**who, amount=4, source_key=key)
                ledger.capture(**who, source_key=key, amount=1, part=str(n))
                (ledger.release if n % 2 else ledger.capture)(**who, source_key=key)
            except Problem:
                continue
        ledger.claw_back(**who, grant_key=f"checkout:{n % 4}", source_key=f"refund:{n % 4}")

    results = together([lambda n=n: life(n) for n in range(THREADS)])
    assert results == [None] * THREADS
    assert list(recount()) == []
    once = Counter(CreditEntry.objects.filter(kind="grant").values_list("source_key", flat=True))
    assert once == {"tests": 1, **{f"checkout:{n}": 1 for n in range(4)}}


def test_a_caller_that_waits_too_long_is_told_so() -> None:
    """With the ten seconds set shorter, as nobody's test should last so long."""
    organisation = make_world(credits=1).organisation
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION credit_open(uuid, timestamptz) SET lock_timeout = '50ms'")
    try:
        with transaction.atomic():
            ledger.lock_account(organisation=organisation)
            (result,) = together(
                [
                    lambda: ledger.hold(
                        actor=SYSTEM, organisation=organisation, amount=1, source_key="s"
                    )
                ]
            )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER FUNCTION credit_open(uuid, timestamptz) SET lock_timeout = '10s'")
    assert isinstance(result, Problem)
    assert result.code == "busy"
    assert ledger.balance(organisation=organisation).held == 0


def test_what_comes_back_late_to_a_grant_that_has_expired_locks_no_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A release begins, waits for the account, and has its turn after the sweep that found the
    grant's time over. What it brings back expires like the rest."""
    organisation = make_world(credits=3).organisation
    ledger.grant(
        actor=SYSTEM,
        organisation=organisation,
        amount=5,
        source_key="month",
        priority=1,
        expires_at=timezone.now() + timedelta(hours=1),
    )
    ledger.hold(actor=SYSTEM, organisation=organisation, amount=2, source_key="s")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ledger.lock_account(organisation=organisation)
            released = pool.submit(release_elsewhere, organisation, "s")
            wait_for_a_waiting_lock()
            later = timezone.now() + timedelta(hours=2)
            monkeypatch.setattr(ledger, "timezone", SimpleNamespace(now=lambda: later))
            assert ledger.expire_due() == 1
        assert released.result(timeout=20)
    entries = CreditEntry.objects.filter(grant__source_key="month").order_by("number")
    assert [entry.kind for entry in entries] == ["grant", "hold", "expire", "release"]
    for n in range(2):
        ledger.hold(actor=SYSTEM, organisation=organisation, amount=1, source_key=f"next{n}")
    assert ledger.balance(organisation=organisation) == ledger.Balance(1, 2)
    assert CreditGrant.objects.get(source_key="month").remaining == 0
    assert list(recount()) == []


def release_elsewhere(organisation: Organisation, key: str) -> bool:
    try:
        return ledger.release(actor=SYSTEM, organisation=organisation, source_key=key)
    finally:
        connection.close()


def wait_for_a_waiting_lock() -> None:
    """Until another connection waits for a lock of this one's."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits.")
