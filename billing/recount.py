"""Counting everything again from the entries: what the database's own checks are checked by.

Written apart from the SQL that keeps the ledger, so that one mistake is not made in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F

from billing.models import CreditAccount, CreditEntry, CreditGrant, CreditHold

SIGNS = {
    "grant": (1, 0, 0),
    "hold": (-1, 1, 0),
    "capture": (0, -1, 0),
    "release": (1, -1, 0),
    "expire": (-1, 0, 0),
    "claw_back": (-1, 0, 0),
    "owe": (0, 0, 1),
    "repay": (-1, 0, -1),
    "deduct": (-1, 0, 0),
}
"""What one credit of an entry does to available, held and debt."""


@dataclass(frozen=True)
class Difference:
    """Something that is not what the entries say it has to be."""

    account: UUID
    what: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"account {self.account}: {self.what} is {self.found}, expected {self.expected}"


def recount() -> Iterator[Difference]:
    """Every difference, account by account; each is locked while it is counted."""
    for pk in list(CreditAccount.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            account = CreditAccount.objects.select_for_update(no_key=True).get(pk=pk)
            differences = list(_account(account))
        yield from differences


def _account(account: CreditAccount) -> Iterator[Difference]:
    balances = (0, 0, 0)
    number = 0
    granted: Counter[UUID] = Counter()
    remaining: Counter[UUID] = Counter()
    parts: dict[str, Counter[UUID]] = {kind: Counter() for kind in ("hold", "capture", "release")}
    allocated: Counter[tuple[UUID, UUID]] = Counter()

    def unlike(what: str, found: object, expected: object) -> Iterator[Difference]:
        if found != expected:
            yield Difference(account.pk, what, str(found), str(expected))

    entries = CreditEntry.objects.filter(account=account).order_by("number")
    for entry in entries.iterator(chunk_size=2000):
        yield from unlike(f"the number after entry {number}", entry.number, number + 1)
        number = entry.number
        signs = SIGNS[entry.kind]
        balances = (
            balances[0] + signs[0] * entry.amount,
            balances[1] + signs[1] * entry.amount,
            balances[2] + signs[2] * entry.amount,
        )
        after = (entry.available_after, entry.held_after, entry.debt_after)
        yield from unlike(f"entry {number} (available, held, debt)", after, balances)
        balances = after
        remaining[entry.grant_id] += signs[0] * entry.amount
        if entry.kind == "grant":
            granted[entry.grant_id] += entry.amount
        if entry.hold_id is not None:
            parts[entry.kind][entry.hold_id] += entry.amount
            allocated[entry.hold_id, entry.grant_id] += signs[1] * entry.amount
            if allocated[entry.hold_id, entry.grant_id] < 0:
                yield from unlike(f"entry {number}", "back to another grant", "to its own")
    yield from unlike(
        "the account (available, held, debt)",
        (account.available, account.held, account.debt),
        balances,
    )
    yield from unlike("the account's last number", account.last_number, number)
    for grant in CreditGrant.objects.filter(account=account).iterator():
        yield from unlike(
            f"grant {grant.source_key} (amount, remaining)",
            (grant.amount, grant.remaining),
            (granted[grant.pk], remaining[grant.pk]),
        )
    held = 0
    for hold in CreditHold.objects.filter(account=account).iterator():
        held += hold.open
        taken, captured, back = (parts[kind][hold.pk] for kind in ("hold", "capture", "release"))
        yield from unlike(
            f"hold {hold.source_key}#{hold.turn} (amount, open, captured)",
            (hold.amount, hold.open, hold.captured),
            (taken, taken - captured - back, captured),
        )
    yield from unlike("what the account holds", account.held, held)
    foreign = (
        CreditEntry.objects.filter(account=account)
        .exclude(grant__account=F("account"))
        .values_list("number", flat=True)
    )
    yield from unlike("entries about other accounts' grants", list(foreign), [])
