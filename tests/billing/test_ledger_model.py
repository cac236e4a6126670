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
from billing.payments import catalogue, fulfilment
from billing.payments.shapes import Line, Payment, Reversal
from billing.recount import recount
from headshots.lib.problems import Problem
from tests.billing.plain_ledger import PlainLedger, PlainPayment, Refused
from tests.world import make_world

NOON = datetime(2027, 1, 1, 12)
KINDS = list(CreditGrant.Kind)
OPERATIONS = (
    *("hold", "release", "capture_in_part", "claw_back", "grant", "time_passes"),
    *("hold", "release", "capture", "claw_back", "deduct", "add"),
)
OF_PAYMENTS = (
    *("pay", "refund", "refund_fails", "dispute", "decide", "hear"),
    *("hold", "release", "capture", "refund", "refund_fails", "decide"),
    *("hold", "capture_in_part", "claw_back", "time_passes", "dispute"),
)


class LedgerMachine(RuleBasedStateMachine):
    """The real ledger and the plain one, side by side; the clock is the machine's."""

    operations: tuple[str, ...] = OPERATIONS
    pace = 1

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.model = PlainLedger(NOON)
        clock = SimpleNamespace(now=lambda: self.model.now.replace(tzinfo=UTC))
        self.clocks = [patch.object(module, "timezone", clock) for module in (ledger, fulfilment)]
        for one in self.clocks:
            one.start()
        self.organisation = make_world(credits=0).organisation
        self.who = {"actor": SYSTEM, "organisation": self.organisation}
        self.start()

    def start(self) -> None:
        """Every sequence begins with what matters: a hold on two grants, of which one expires."""
        self.grant("a", 3, CreditGrant.Kind.PLAN, 4)
        self.grant("b", 4, CreditGrant.Kind.PURCHASE, None)
        self.hold("a", 4)

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            for one in self.clocks:
                one.stop()
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

    def of_payment(self, operation: str, which: int, amount: int, whole: bool) -> None:
        raise NotImplementedError

    # One rule for all: with one each, most sequences would leave most of them out.
    @rule(
        number=st.integers(0, 99),
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
        number: int,
        key: str,
        which: int,
        amount: int,
        whole: bool,
        kind: CreditGrant.Kind,
        days: int | None,
        part: str,
    ) -> None:
        operation = self.operations[number % len(self.operations)]
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
        elif operation == "time_passes":
            self.time_passes((days or 1) * self.pace, whole)
        else:
            self.of_payment(operation, which, amount, whole)

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


class PaymentMachine(LedgerMachine):
    """The same under payments that are refunded, disputed, lost and won, and heard of late."""

    operations = OF_PAYMENTS
    pace = 9  # a plan's credits live for months

    def start(self) -> None:
        self.payments: dict[str, PlainPayment] = {}
        self.pay(6, of_plan=False)
        self.pay(catalogue.PLAN.included, of_plan=True)
        for paid in self.payments.values():
            paid.refunds += [120, 277]

    def pay(self, credits: int, *, of_plan: bool) -> None:
        begins = self.model.now.replace(day=1)
        month = begins.month - 1 + catalogue.PLAN.months
        expires = begins.replace(year=begins.year + month // 12, month=month % 12 + 1)
        kind = CreditGrant.Kind.PLAN if of_plan else CreditGrant.Kind.PURCHASE
        key = f"checkout:{len(self.payments)}"
        self.payments[key] = PlainPayment(
            credits, credits * 100 + 7, ledger.PRIORITY[kind], expires if of_plan else None
        )
        self.hear(key)

    def hear(self, key: str) -> None:
        """We are told; what is true now counts, however much happened unheard."""
        paid = self.payments[key]
        of_plan = paid.expires is not None
        price = catalogue.PLAN if of_plan else catalogue.CREDITS
        begins = None
        if paid.expires is not None:
            month = paid.expires.month - 1 - catalogue.PLAN.months
            begins = paid.expires.replace(
                year=paid.expires.year + month // 12, month=month % 12 + 1, tzinfo=UTC
            )
        quantity = paid.credits // catalogue.PLAN.included if of_plan else paid.credits
        backs = [Reversal(cents, stands=True, disputed=False) for cents in paid.refunds]
        backs.append(Reversal(paid.cents, stands=paid.disputed, disputed=True))
        fulfilment.follow(
            organisation=self.organisation,
            payment=Payment(
                session_id=f"cs_{key}",
                invoice_id=None,
                payment_intent_id="",
                customer="",
                purchase_id="",
                state="paid",
                cents=paid.cents,
                currency="usd",
                lines=(Line(key, price.lookup_key, quantity, begins),),
                reversals=tuple(backs),
            ),
            asked_at=self.model.now.replace(tzinfo=UTC),
        )
        self.model.follow(key, paid)

    def of_payment(self, operation: str, which: int, amount: int, whole: bool) -> None:
        key = list(self.payments)[which % len(self.payments)]
        paid = self.payments[key]
        if operation == "pay" and len(self.payments) < 3:
            self.pay(amount, of_plan=False)
        elif operation == "refund" and not paid.disputed:
            left = paid.cents - sum(paid.refunds)
            cents = left if whole else min(left, amount * 77)
            paid.refunds += [cents] if cents else []
        elif operation == "refund_fails" and paid.refunds:
            paid.refunds.pop(which % len(paid.refunds))
        elif operation == "dispute":
            paid.disputed = True
        elif operation == "decide":
            paid.disputed = paid.disputed and not whole
        if operation == "hear" or which % 3:
            for _ in range(1 + which % 2):
                self.hear(key)


class TestLedgerMachine(TestCase):
    def any_sequence(self, machine: type[LedgerMachine], examples: int) -> None:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )

    def test_any_sequence(self) -> None:
        self.any_sequence(LedgerMachine, 40)

    def test_any_sequence_of_payments(self) -> None:
        self.any_sequence(PaymentMachine, 25)
