"""Any sequence of calls leaves the ledger as plain Python would have it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import patch

from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.actors import SYSTEM
from billing import ledger
from billing.models import CreditGrant
from billing.recount import recount
from headshots.lib.problems import Problem
from tests.billing.plain_ledger import PlainLedger, Refused
from tests.world import make_world

NOON = datetime(2027, 1, 1, 12)
KINDS = list(CreditGrant.Kind)
OPERATIONS = (
    *("hold", "release", "capture_in_part", "claw_back", "grant", "time_passes"),
    *("hold", "release", "capture", "claw_back", "deduct", "add"),
)


class LedgerMachine(RuleBasedStateMachine):
    """The real ledger and the plain one, side by side; the clock is the machine's."""

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.model = PlainLedger(NOON)
        clock = SimpleNamespace(now=lambda: self.model.now.replace(tzinfo=UTC))
        self.clock = patch.object(ledger, "timezone", clock)
        self.clock.start()
        self.organisation = make_world(credits=0).organisation
        self.who = {"actor": SYSTEM, "organisation": self.organisation}
        # Every sequence begins with what matters: a hold on two grants, of which one expires.
        self.grant("a", 3, CreditGrant.Kind.PLAN, 4)
        self.grant("b", 4, CreditGrant.Kind.PURCHASE, None)
        self.hold("a", 4)

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            self.clock.stop()
            assert list(recount()) == []
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def same(self, real: Callable[[], object], plain: Callable[[], bool]) -> None:
        """Both do it, both find it done, or both refuse."""
        try:
            expected: bool | None = plain()
        except Refused:
            expected = None
        try:
            got = real()
        except Problem:
            assert expected is None
        else:
            assert expected is not None
            assert not isinstance(got, bool) or got == expected

    def pick(self, which: int, known: dict[str, object]) -> str:
        """One that there is, where there is any and most of the time."""
        keys = list(known) if known and which < 9 else [*known, "unknown"]
        return keys[which % len(keys)]

    def grant(self, key: str, amount: int, kind: CreditGrant.Kind, days: int | None) -> None:
        expires = None if days is None else self.model.now + timedelta(days=days)
        aware = expires and expires.replace(tzinfo=UTC)
        self.same(
            lambda: ledger.grant(
                **self.who, amount=amount, source_key=key, kind=kind, expires_at=aware
            ),
            lambda: self.model.grant(key, amount, ledger.PRIORITY[kind], expires),
        )

    def hold(self, key: str, amount: int) -> None:
        self.same(
            lambda: ledger.hold(**self.who, amount=amount, source_key=key),
            lambda: self.model.hold(key, amount),
        )

    def capture(self, which: int) -> None:
        key = self.pick(which, self.model.holds)
        self.same(
            lambda: ledger.capture(**self.who, source_key=key), lambda: self.model.capture(key)
        )

    def capture_in_part(self, which: int, amount: int, part: str) -> None:
        key = self.pick(which, self.model.holds)
        self.same(
            lambda: ledger.capture(**self.who, source_key=key, amount=amount, part=part),
            lambda: self.model.capture(key, amount, part),
        )

    def release(self, which: int) -> None:
        key = self.pick(which, {k: h for k, h in self.model.holds.items() if h.open})
        self.same(
            lambda: ledger.release(**self.who, source_key=key), lambda: self.model.release(key)
        )

    def claw_back(self, which: int, amount: int | None, source: str) -> None:
        key = self.pick(which, self.model.grants)
        self.same(
            lambda: ledger.claw_back(
                **self.who, grant_key=key, amount=amount, source_key=f"refund:{source}"
            ),
            lambda: self.model.claw_back(key, amount, f"refund:{source}"),
        )

    def deduct(self, amount: int, source: str) -> None:
        self.same(
            lambda: ledger.adjust(**self.who, amount=-amount, reason="Test", source_key=source),
            lambda: self.model.deduct(amount, f"adjust:{source}"),
        )

    def add(self, amount: int, source: str) -> None:
        self.same(
            lambda: ledger.adjust(**self.who, amount=amount, reason="Test", source_key=source),
            lambda: self.model.add(amount, f"adjust:{source}"),
        )

    def time_passes(self, days: int, sweep: bool) -> None:
        self.model.now += timedelta(days=days)
        if sweep:
            ledger.expire_due()

    # One rule for all: with one each, most sequences would leave most of them out.
    @rule(
        operation=st.sampled_from(OPERATIONS),
        key=st.sampled_from(["a", "ab", "c"]),
        which=st.integers(0, 9),
        amount=st.integers(1, 4),
        whole=st.booleans(),
        kind=st.sampled_from(KINDS),
        days=st.none() | st.integers(1, 9),
        part=st.sampled_from(["1", "2", "3"]),
    )
    def act(
        self,
        operation: str,
        key: str,
        which: int,
        amount: int,
        whole: bool,
        kind: CreditGrant.Kind,
        days: int | None,
        part: str,
    ) -> None:
        if operation == "grant":
            self.grant(f"{key}{part}", amount, kind, days)
        elif operation == "hold":
            self.hold(key, amount)
        elif operation == "capture":
            self.capture(which)
        elif operation == "capture_in_part":
            self.capture_in_part(which, amount, part)
        elif operation == "release":
            self.release(which)
        elif operation == "claw_back":
            self.claw_back(which, None if whole else amount, part)
        elif operation == "deduct":
            self.deduct(amount, part)
        elif operation == "add":
            self.add(amount, f"{key}{part}")
        else:
            self.time_passes(days or 1, whole)

    @invariant()
    def the_same_stands_in_both(self) -> None:
        if not hasattr(self, "organisation"):
            return
        connection.check_constraints()
        self.model.expire()
        balance = ledger.balance(organisation=self.organisation)
        model = self.model
        assert (balance.available, balance.held, balance.debt) == (
            model.available,
            model.held,
            model.debt,
        )
        left = CreditGrant.objects.filter(account__organisation=self.organisation).exclude(
            expires_at__lte=model.now.replace(tzinfo=UTC)
        )
        assert dict(left.values_list("source_key", "remaining")) == {
            key: grant.remaining
            for key, grant in model.grants.items()
            if grant.expires is None or grant.expires > model.now
        }


class TestLedgerMachine(TestCase):
    def test_any_sequence(self) -> None:
        run_state_machine_as_test(
            LedgerMachine,
            settings=settings(
                max_examples=40,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
