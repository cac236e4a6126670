"""One account, many threads: never more is spent than there is."""

from __future__ import annotations

import pytest
from django.db import transaction

from accounts.actors import SYSTEM
from billing import ledger
from billing.models import CreditAccount, CreditEntry
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
    assert sum(isinstance(result, Exception) for result in results) == THREADS - 5
    balance = ledger.balance(organisation=world.organisation)
    assert (balance.available, balance.held) == (0, 5)


def test_without_the_lock_the_same_threads_lose_spending() -> None:
    """The twin of the test above: reading without a lock overspends, so that test can fail."""
    import threading

    world = make_world(credits=THREADS)
    read = threading.Barrier(THREADS)

    def spend() -> None:
        with transaction.atomic():
            account = CreditAccount.objects.get(organisation=world.organisation)
            read.wait(timeout=30)
            account.available -= 1
            account.held += 1
            account.save(update_fields=["available", "held"])

    together([spend for _ in range(THREADS)])
    balance = ledger.balance(organisation=world.organisation)
    assert balance.held < THREADS


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


def test_same_grant_from_many_threads_counts_once() -> None:
    world = make_world(credits=0)
    together(
        [
            lambda: ledger.grant(
                actor=SYSTEM, organisation=world.organisation, amount=7, source_key="checkout:1"
            )
        ]
        * THREADS
    )
    assert ledger.balance(organisation=world.organisation).available == 7
