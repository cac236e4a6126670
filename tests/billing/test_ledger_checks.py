"""What the database refuses from whoever writes, and what counting again finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actors import SYSTEM
from billing import ledger
from billing.models import CreditAccount, CreditEntry, CreditGrant, CreditHold
from tests.world import World

MODELS = (CreditAccount, CreditGrant, CreditHold, CreditEntry)


@pytest.fixture
def who(world: World) -> dict[str, Any]:
    """An account that has gone through everything once."""
    who = {"actor": SYSTEM, "organisation": world.organisation}
    ledger.grant(**who, amount=10, source_key="checkout:1")
    for number in range(3):
        ledger.hold(**who, amount=5, source_key=f"shoot:{number}")
    ledger.capture(**who, source_key="shoot:0")
    ledger.release(**who, source_key="shoot:1")
    connection.check_constraints()
    return who


def entry(**changes: Any) -> CreditEntry:
    """The last entry again, as the next one and otherwise."""
    last = CreditEntry.objects.order_by("-number").first()
    assert last is not None
    fields = {f.attname: getattr(last, f.attname) for f in CreditEntry._meta.concrete_fields}
    fields |= {"id": None, "number": last.number + 1, "source_key": "forged", **changes}
    return CreditEntry.objects.create(**fields)


def add_to(model: Any, field: str, amount: int) -> None:
    row = model.objects.order_by("-created_at").first()
    model.objects.filter(pk=row.pk).update(**{field: getattr(row, field) + amount})


def credit_without_grant() -> None:
    """A well-formed entry and its account, but no grant has the credits."""
    account = CreditAccount.objects.get()
    entry(
        kind="grant",
        hold_id=None,
        amount=7,
        available_after=account.available + 7,
        held_after=account.held,
    )
    CreditAccount.objects.update(available=F("available") + 7, last_number=F("last_number") + 1)


def capture_without_hold() -> None:
    """A well-formed entry and its account, but the hold does not know of it."""
    account = CreditAccount.objects.get()
    entry(
        kind="capture",
        hold_id=CreditHold.objects.get(state="held").pk,
        amount=1,
        available_after=account.available,
        held_after=account.held - 1,
    )
    CreditAccount.objects.update(held=F("held") - 1, last_number=F("last_number") + 1)


def two_grants() -> list[CreditGrant]:
    """One more of the one, which is not whole, and one less of the other."""
    grants = list(CreditGrant.objects.filter(live=True).order_by("pk"))
    for grant, by in zip(grants, (1, -1), strict=True):
        CreditGrant.objects.filter(pk=grant.pk).update(remaining=F("remaining") + by)
    return grants


def swapped_as_if_by_entries() -> None:
    """The sum of all grants is right, and both say that an entry of theirs did it."""
    number = CreditAccount.objects.get().last_number
    for grant in two_grants():
        CreditGrant.objects.filter(pk=grant.pk).update(last_number=number)


def swapped_beside_true_entries() -> None:
    """A true movement of each grant in the same transaction hides nothing either."""
    who = {"actor": SYSTEM, "organisation": CreditAccount.objects.get().organisation}
    two_grants()
    ledger.hold(**who, amount=95, source_key="shoot:both")
    ledger.release(**who, source_key="shoot:both")


def entries_that_moved_no_grant() -> None:
    """Two well-formed entries, one up and one down, of grants that stay as they are."""
    up, down = CreditGrant.objects.filter(live=True).order_by("pk")
    account = CreditAccount.objects.get()
    entry(
        kind="grant",
        grant_id=up.pk,
        hold_id=None,
        amount=1,
        available_after=account.available + 1,
        held_after=account.held,
    )
    entry(
        kind="deduct",
        grant_id=down.pk,
        hold_id=None,
        amount=1,
        available_after=account.available,
        held_after=account.held,
    )
    CreditAccount.objects.update(last_number=F("last_number") + 2)


def entry_in_a_gap() -> None:
    """A number is left out, and the account says it was not."""
    account = CreditAccount.objects.get()
    entry(number=account.last_number + 2)
    CreditAccount.objects.update(last_number=F("last_number") + 2)


WRONG: dict[str, Callable[[], object]] = {
    "more available": lambda: add_to(CreditAccount, "available", 1),
    "less held": lambda: add_to(CreditAccount, "held", -1),
    "a debt from nowhere": lambda: add_to(CreditAccount, "debt", 1),
    "another last entry": lambda: add_to(CreditAccount, "last_number", -1),
    "more left of a grant": lambda: CreditGrant.objects.filter(source_key="tests").update(
        remaining=1
    ),
    "a grant without its entry": lambda: CreditGrant.objects.create(
        account=CreditAccount.objects.get(),
        kind="welcome",
        priority=1,
        amount=1,
        remaining=1,
        source_key="forged",
    ),
    "a hold without its entries": lambda: CreditHold.objects.create(
        account=CreditAccount.objects.get(), source_key="forged", turn=1, amount=1, open=1
    ),
    "a hold settled by hand": lambda: CreditHold.objects.filter(state="held").update(
        state="released", open=0, settled_at=timezone.now()
    ),
    "more of one grant and less of another": two_grants,
    "grants swapped as if by entries": swapped_as_if_by_entries,
    "grants swapped beside true entries": swapped_beside_true_entries,
    "a grant's last entry another": lambda: CreditGrant.objects.filter(source_key="tests").update(
        last_number=F("last_number") + 1
    ),
    "entries that moved no grant": entries_that_moved_no_grant,
    "an entry alone": entry,
    "credits without a grant": credit_without_grant,
    "a capture without its hold": capture_without_hold,
    "a number left out": entry_in_a_gap,
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_sum_cannot_be_committed(who: dict[str, Any], wrong: str) -> None:
    with transaction.atomic():
        WRONG[wrong]()
        with pytest.raises(IntegrityError, match="does not add up"):
            connection.check_constraints()
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        (CreditAccount, "available", -1),
        (CreditAccount, "held", -1),
        (CreditAccount, "debt", -1),
        (CreditGrant, "remaining", -1),
        (CreditGrant, "remaining", 1000),
        (CreditHold, "open", 1000),
        (CreditHold, "open", -1),
        (CreditHold, "captured", -1),
        (CreditHold, "state", "released"),
        (CreditHold, "settled_at", timezone.now()),
    ],
)
def test_no_balance_leaves_its_bounds(
    who: dict[str, Any], model: Any, field: str, value: int
) -> None:
    with pytest.raises(IntegrityError, match="violates check constraint"), transaction.atomic():
        model.objects.update(**{field: value})


@pytest.mark.parametrize(
    "change",
    [
        lambda: CreditEntry.objects.update(note="Something else"),
        lambda: CreditEntry.objects.all()._raw_delete("default"),
        lambda: CreditGrant.objects.update(amount=1000),
        lambda: CreditGrant.objects.all()._raw_delete("default"),
        lambda: CreditHold.objects.update(source_key="another"),
        lambda: CreditHold.objects.all()._raw_delete("default"),
        lambda: CreditAccount.objects.all()._raw_delete("default"),
    ],
)
def test_what_was_written_stays(who: dict[str, Any], change: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change()


@pytest.mark.parametrize("model", MODELS)
def test_no_table_of_the_ledger_is_emptied(who: dict[str, Any], model: Any) -> None:
    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="append-only: TRUNCATE"),
        transaction.atomic(),
    ):
        cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


def everything() -> list[list[dict[str, Any]]]:
    return [list(model.objects.order_by("pk").values()) for model in MODELS]


WRITES = [
    f"{when} {what}"
    for what in (
        "UPDATE ON billing_creditaccount",
        "INSERT ON billing_creditgrant",
        "UPDATE ON billing_creditgrant",
        "INSERT ON billing_credithold",
        "UPDATE ON billing_credithold",
        "INSERT ON billing_creditentry",
    )
    for when in ("BEFORE", "AFTER")
]


@pytest.mark.parametrize("write", WRITES)
def test_a_crash_at_any_write_leaves_nothing_half_done(who: dict[str, Any], write: str) -> None:
    """Every operation either happens whole or leaves each row as it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'crash'; END $$"
        )
        cursor.execute(f"CREATE TRIGGER crash {write} FOR EACH ROW EXECUTE FUNCTION crash()")
    crashed = 0
    for operation in (
        lambda: ledger.grant(**who, amount=3, source_key="checkout:2"),
        lambda: ledger.hold(**who, amount=98, source_key="shoot:9"),
        lambda: ledger.capture(**who, source_key="shoot:2", amount=1, part="x"),
        lambda: ledger.release(**who, source_key="shoot:2"),
        lambda: ledger.claw_back(**who, grant_key="tests", source_key="refund:1"),
        lambda: ledger.adjust(**who, amount=-1, reason="Test"),
    ):
        before = everything()
        try:
            with transaction.atomic():
                operation()
                transaction.set_rollback(True)
        except ProgrammingError:
            crashed += 1
        assert everything() == before
    assert crashed


@contextmanager
def unguarded(model: Any) -> Iterator[None]:
    """Without the database's own checks of a table, as after a restore gone wrong."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        connection.check_constraints()
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def check_ledger() -> str:
    said = StringIO()
    with pytest.raises(CommandError, match="difference"):
        call_command("check_ledger", stderr=said)
    return said.getvalue()


@pytest.mark.parametrize(
    ("model", "which", "change", "named"),
    [
        (CreditAccount, {}, {"available": 7}, "the account (available, held, debt)"),
        (CreditAccount, {}, {"held": 7}, "the account (available, held, debt)"),
        (CreditGrant, {"source_key": "tests"}, {"remaining": 7}, "grant tests (amount, remaining)"),
        (CreditHold, {"source_key": "shoot:2"}, {"amount": 7}, "hold shoot:2#1"),
        (CreditEntry, {"number": 1}, {"amount": 7}, "entry 1 (available, held, debt)"),
        (CreditEntry, {"number": 2}, {"held_after": 7}, "entry 2 (available, held, debt)"),
    ],
)
def test_counting_again_finds_a_planted_fault(
    who: dict[str, Any], model: Any, which: dict[str, Any], change: dict[str, Any], named: str
) -> None:
    call_command("check_ledger", stdout=StringIO())
    with unguarded(model):
        assert model.objects.filter(**which).update(**change) == 1
    assert named in check_ledger()


def test_counting_again_finds_an_entry_that_is_gone(who: dict[str, Any]) -> None:
    with unguarded(CreditEntry):
        CreditEntry.objects.filter(number=3)._raw_delete("default")
    assert "the number after entry 2 is 4, expected 3" in check_ledger()
