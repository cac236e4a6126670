"""What the ledger does and refuses."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import SYSTEM, employee_actor
from accounts.models import AuditEntry, Organisation
from billing import ledger
from billing.models import CreditAccount, CreditEntry, CreditGrant, CreditHold
from headshots.lib.problems import Problem
from tests.world import World, make_world

Kind = CreditGrant.Kind


@pytest.fixture
def who(db: None) -> dict[str, Any]:
    """Actor and organisation of an account without credits."""
    return {"actor": SYSTEM, "organisation": make_world(credits=0).organisation}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the ledger's clock so many days ahead."""

    def set_clock(days: int) -> None:
        now = timezone.now() + timedelta(days=days)
        monkeypatch.setattr(ledger, "timezone", SimpleNamespace(now=lambda: now))

    return set_clock


def in_days(days: int) -> Any:
    return timezone.now() + timedelta(days=days)


def left() -> dict[str, int]:
    return dict(CreditGrant.objects.values_list("source_key", "remaining"))


def stands(who: dict[str, Any]) -> tuple[int, int, int]:
    balance = ledger.balance(organisation=who["organisation"])
    connection.check_constraints()
    return (balance.available, balance.held, balance.debt)


def test_hold_says_how_many_are_missing(world: World) -> None:
    with pytest.raises(Problem, match="3 credits are missing"):
        ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=103, source_key="x")
    assert not CreditHold.objects.exists()
    assert ledger.balance(organisation=world.organisation).available == 100


def test_released_hold_can_be_taken_again(world: World) -> None:
    for turn in (1, 2):
        held = ledger.hold(
            actor=SYSTEM, organisation=world.organisation, amount=1, source_key="shoot:1"
        )
        assert (held.turn, held.state) == (turn, "held")
        assert ledger.balance(organisation=world.organisation).held == 1
        ledger.release(actor=SYSTEM, organisation=world.organisation, source_key="shoot:1")
    assert ledger.balance(organisation=world.organisation).available == 100


def test_entries_of_one_source_do_not_touch_another_that_begins_alike(world: World) -> None:
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="shoot:1")
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="shoot:12")
    ledger.capture(actor=SYSTEM, organisation=world.organisation, source_key="shoot:1")
    assert ledger.balance(organisation=world.organisation).held == 1


def test_what_is_given_or_expires_soon_burns_first(who: dict[str, Any]) -> None:
    ledger.grant(**who, amount=2, source_key="pack", kind=Kind.PURCHASE)
    ledger.grant(**who, amount=2, source_key="dated", kind=Kind.PURCHASE, expires_at=in_days(90))
    ledger.grant(**who, amount=2, source_key="july", kind=Kind.PLAN, expires_at=in_days(60))
    ledger.grant(**who, amount=2, source_key="june", kind=Kind.PLAN, expires_at=in_days(30))
    ledger.grant(**who, amount=2, source_key="welcome", kind=Kind.WELCOME)
    burnt = []
    for number in range(5):
        before = left()
        ledger.hold(**who, amount=2, source_key=f"shoot:{number}")
        burnt += [key for key, remaining in left().items() if remaining != before[key]]
    assert burnt == ["welcome", "june", "july", "dated", "pack"]


def test_an_order_line_is_captured_headshot_by_headshot(who: dict[str, Any]) -> None:
    ledger.grant(**who, amount=2, source_key="a", kind=Kind.WELCOME)
    ledger.grant(**who, amount=3, source_key="b")
    ledger.hold(**who, amount=5, source_key="line:1")
    assert ledger.capture(**who, source_key="line:1", amount=3, part="anna")
    assert not ledger.capture(**who, source_key="line:1", amount=3, part="anna")
    assert stands(who) == (0, 2, 0)
    with pytest.raises(Problem, match="Fewer credits are held"):
        ledger.capture(**who, source_key="line:1", amount=3, part="bert")
    assert ledger.release(**who, source_key="line:1")
    assert stands(who) == (2, 0, 0)
    assert left() == {"a": 0, "b": 2}
    hold = CreditHold.objects.get()
    assert (hold.captured, hold.open, hold.state) == (3, 0, "captured")
    assert not ledger.capture(**who, source_key="line:1")


def test_nothing_is_captured_that_was_not_held(who: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="No credit is held"):
        ledger.capture(**who, source_key="shoot:1")


def test_expired_credits_cannot_be_held_before_any_sweep(who: dict[str, Any], later: Any) -> None:
    ledger.grant(**who, amount=3, source_key="june", expires_at=in_days(30))
    later(31)
    assert stands(who) == (0, 0, 0)
    with pytest.raises(Problem, match="1 credit is missing"):
        ledger.hold(**who, amount=1, source_key="shoot:1")


def test_the_sweep_expires_each_account_once(who: dict[str, Any], later: Any) -> None:
    other = {**who, "organisation": make_world("Other", credits=4).organisation}
    ledger.grant(**who, amount=3, source_key="june", expires_at=in_days(30))
    ledger.grant(**other, amount=5, source_key="june", expires_at=in_days(30))
    assert ledger.expire_due() == 0
    later(31)
    assert (ledger.expire_due(), ledger.expire_due()) == (2, 0)
    assert (stands(who), stands(other)) == ((0, 0, 0), (4, 0, 0))


def test_what_comes_back_too_late_expires_at_once(who: dict[str, Any], later: Any) -> None:
    ledger.grant(**who, amount=3, source_key="june", expires_at=in_days(30))
    ledger.grant(**who, amount=1, source_key="pack", kind=Kind.PURCHASE)
    ledger.hold(**who, amount=4, source_key="shoot:1")
    later(31)
    ledger.release(**who, source_key="shoot:1")
    assert stands(who) == (1, 0, 0)
    assert left() == {"june": 0, "pack": 1}


def test_a_refund_of_used_credits_is_owed_and_paid_first(who: dict[str, Any]) -> None:
    ledger.grant(**who, amount=10, source_key="checkout:1", kind=Kind.PURCHASE)
    ledger.hold(**who, amount=7, source_key="shoot:1")
    ledger.capture(**who, source_key="shoot:1")
    for expected in (True, False):
        assert expected == ledger.claw_back(**who, grant_key="checkout:1", source_key="refund:1")
        assert stands(who) == (0, 0, 7)
    with pytest.raises(Problem, match=r"7 credits are owed .* Buy at least 8"):
        ledger.hold(**who, amount=1, source_key="shoot:2")
    ledger.grant(**who, amount=5, source_key="checkout:2", kind=Kind.PURCHASE)
    assert stands(who) == (0, 0, 2)
    ledger.grant(**who, amount=5, source_key="checkout:3", kind=Kind.PURCHASE)
    assert stands(who) == (3, 0, 0)


def test_what_is_held_of_a_refunded_grant_pays_when_it_comes_back(who: dict[str, Any]) -> None:
    ledger.grant(**who, amount=4, source_key="checkout:1")
    ledger.hold(**who, amount=4, source_key="shoot:1")
    ledger.claw_back(**who, grant_key="checkout:1", source_key="refund:1")
    assert stands(who) == (0, 4, 4)
    ledger.release(**who, source_key="shoot:1")
    assert stands(who) == (0, 0, 0)


def test_what_had_expired_unused_is_not_owed(who: dict[str, Any], later: Any) -> None:
    ledger.grant(**who, amount=10, source_key="checkout:1", expires_at=in_days(30))
    ledger.hold(**who, amount=4, source_key="shoot:1")
    ledger.capture(**who, source_key="shoot:1")
    later(31)
    ledger.claw_back(**who, grant_key="checkout:1", source_key="refund:1")
    assert stands(who) == (0, 0, 4)


def test_a_refund_beyond_the_grant_is_refused(who: dict[str, Any]) -> None:
    ledger.grant(**who, amount=10, source_key="checkout:1")
    ledger.claw_back(**who, grant_key="checkout:1", source_key="refund:1", amount=6)
    with pytest.raises(Problem, match="more than was given"):
        ledger.claw_back(**who, grant_key="checkout:1", source_key="refund:2", amount=5)
    with pytest.raises(Problem, match="no credits of that source"):
        ledger.claw_back(**who, grant_key="checkout:9", source_key="refund:3")
    assert stands(who) == (4, 0, 0)


def test_adjusting_says_who_and_why(world: World) -> None:
    who = {"actor": world.actor, "organisation": world.organisation}
    ledger.adjust(**who, amount=5, reason=" Late   delivery ")
    ledger.adjust(**who, amount=-3, reason="Entered twice")
    assert stands(who) == (102, 0, 0)
    noted = CreditEntry.objects.exclude(source_key="tests").values_list("note", "actor_id")
    owner = str(world.owner.pk)
    assert list(noted) == [("Entered twice", owner), ("Late delivery", owner)]
    assert AuditEntry.objects.filter(action="credits.adjusted").count() == 2
    with pytest.raises(Problem, match="Say why"):
        ledger.adjust(**who, amount=5, reason=" ")
    with pytest.raises(Problem, match="Only 102 credits are free"):
        ledger.adjust(**who, amount=-103, reason="All of it")


@pytest.mark.parametrize("amount", [0, -1, ledger.MOST + 1])
def test_no_amount_out_of_bounds_is_moved(who: dict[str, Any], amount: int) -> None:
    ledger.grant(**who, amount=5, source_key="a")
    for call in (
        lambda: ledger.grant(**who, amount=amount, source_key="b"),
        lambda: ledger.hold(**who, amount=amount, source_key="b"),
        lambda: ledger.claw_back(**who, grant_key="a", source_key="b", amount=amount),
    ):
        with pytest.raises(Problem):
            call()
    assert stands(who) == (5, 0, 0)


def test_credits_that_have_expired_are_not_granted(who: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="expired already"):
        ledger.grant(**who, amount=1, source_key="a", expires_at=in_days(-1))


def test_a_refusal_leaves_the_transaction_around_it_usable(who: dict[str, Any]) -> None:
    with transaction.atomic():
        with pytest.raises(Problem):
            ledger.hold(**who, amount=1, source_key="shoot:1")
        ledger.grant(**who, amount=1, source_key="a")
        ledger.hold(**who, amount=1, source_key="shoot:1")
    assert stands(who) == (0, 1, 0)


def test_entries_do_not_name_employees(world: World) -> None:
    shoot = world.shoot()
    actor = employee_actor(shoot.employee)
    ledger.hold(actor=actor, organisation=world.organisation, amount=1, source_key="shoot:1")
    entry = CreditEntry.objects.get(kind="hold")
    assert (entry.actor_kind, entry.actor_name) == ("employee", "")


def test_a_hold_is_one_statement(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="a")
    account = CreditAccount.objects.get(organisation=world.organisation)
    assert (account.available, account.held) == (99, 1)


def adjusted(organisation: Organisation, amount: int, **options: str) -> str:
    said = StringIO()
    how = {"reason": "Made twice", "by": "Ada, support", **options}
    call_command("adjust_credits", organisation.slug, amount, stdout=said, **how)
    return said.getvalue()


def test_credits_are_adjusted_at_the_console_with_reason_and_name(who: dict[str, Any]) -> None:
    organisation = who["organisation"]
    ledger.grant(**who, amount=5, source_key="x")
    assert "Adjusted. Acme: 2 available, 0 held." in adjusted(organisation, -3, key="one")
    assert "Already adjusted" in adjusted(organisation, -3, key="one")
    assert "6 available" in adjusted(organisation, 4)
    entry = CreditEntry.objects.get(kind="deduct")
    assert (entry.note, entry.actor_kind, entry.actor_name) == (
        "Made twice",
        "command",
        "Ada, support",
    )
    told = AuditEntry.objects.filter(action="credits.adjusted")
    assert [(one.details["amount"], one.details["reason"]) for one in told.order_by("pk")] == [
        (-3, "Made twice"),
        (4, "Made twice"),
    ]
    for amount, options, said in (
        (-7, {}, "Only 6 credits are free to use; nothing was taken."),
        (0, {}, "at least one credit"),
        (1, {"reason": " "}, "Say why"),
        (1, {"by": " "}, "Say who"),
    ):
        with pytest.raises(CommandError, match=said):
            adjusted(organisation, amount, **options)
    with pytest.raises(CommandError, match="no organisation"):
        call_command("adjust_credits", "nobody", "1", reason="x", by="y")
    assert ledger.balance(organisation=organisation).available == 6
