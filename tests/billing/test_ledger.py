"""The ledger against a model of it in plain Python, and its refusals."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from accounts.actors import SYSTEM
from billing import ledger
from billing.models import CreditAccount, CreditEntry, CreditHold
from headshots.lib.problems import Problem
from tests.world import World, make_world


class LedgerMachine(RuleBasedStateMachine):
    """Any sequence of calls leaves the account as a dictionary would have it."""

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.organisation = make_world(credits=0).organisation
        self.available = 0
        self.held: dict[str, int] = {}
        self.captured: set[str] = set()
        self.granted: set[str] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    sources = st.sampled_from(["a", "b", "ab", "c"])

    @rule(key=sources, amount=st.integers(1, 5))
    def grant(self, key: str, amount: int) -> None:
        done = ledger.grant(
            actor=SYSTEM, organisation=self.organisation, amount=amount, source_key=key
        )
        assert done == (key not in self.granted)
        if done:
            self.granted.add(key)
            self.available += amount

    @rule(key=sources, amount=st.integers(1, 3))
    def hold(self, key: str, amount: int) -> None:
        refusal = None
        try:
            ledger.hold(
                actor=SYSTEM, organisation=self.organisation, amount=amount, source_key=key
            )
        except Problem as problem:
            refusal = problem.sentence
        if refusal is not None:
            assert key not in self.held
            assert key not in self.captured
            assert amount > self.available
            assert str(amount - self.available) in refusal
            return
        if key not in self.held and key not in self.captured:
            assert amount <= self.available
            self.available -= amount
            self.held[key] = amount

    @rule(key=sources)
    def capture(self, key: str) -> None:
        try:
            done = ledger.capture(actor=SYSTEM, organisation=self.organisation, source_key=key)
        except Problem:
            assert key not in self.held
            assert key not in self.captured
            return
        assert done == (key in self.held)
        if done:
            self.held.pop(key)
            self.captured.add(key)

    @rule(key=sources)
    def release(self, key: str) -> None:
        done = ledger.release(actor=SYSTEM, organisation=self.organisation, source_key=key)
        assert done == (key in self.held)
        if done:
            self.available += self.held.pop(key)

    @invariant()
    def account_is_the_model(self) -> None:
        if not hasattr(self, "organisation"):
            return
        balance = ledger.balance(organisation=self.organisation)
        assert (balance.available, balance.held) == (self.available, sum(self.held.values()))
        entries = list(
            CreditEntry.objects.filter(account__organisation=self.organisation).order_by("number")
        )
        available = held = 0
        for entry in entries:
            sign = {"grant": (1, 0), "hold": (-1, 1), "capture": (0, -1), "release": (1, -1)}
            available += sign[entry.kind][0] * entry.amount
            held += sign[entry.kind][1] * entry.amount
            assert (entry.available_after, entry.held_after) == (available, held)


class TestLedgerMachine(TestCase):
    def test_any_sequence(self) -> None:
        from hypothesis.stateful import run_state_machine_as_test

        run_state_machine_as_test(
            LedgerMachine,
            settings=settings(
                max_examples=25,
                stateful_step_count=15,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_hold_says_how_many_are_missing(world: World) -> None:
    with pytest.raises(Problem, match="3 credits are missing"):
        ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=103, source_key="x")
    assert not CreditHold.objects.exists()
    assert ledger.balance(organisation=world.organisation).available == 100


@pytest.mark.parametrize("field", ["available", "held"])
def test_database_refuses_a_negative_balance(world: World, field: str) -> None:
    account = CreditAccount.objects.get(organisation=world.organisation)
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditAccount.objects.filter(pk=account.pk).update(**{field: -1})


def test_released_hold_can_be_taken_again(world: World) -> None:
    for _ in range(2):
        ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="shoot:1")
        assert ledger.balance(organisation=world.organisation).held == 1
        ledger.release(actor=SYSTEM, organisation=world.organisation, source_key="shoot:1")
    assert ledger.balance(organisation=world.organisation).available == 100


def test_entries_of_one_source_do_not_touch_another_that_begins_alike(world: World) -> None:
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="shoot:1")
    ledger.hold(actor=SYSTEM, organisation=world.organisation, amount=1, source_key="shoot:12")
    ledger.capture(actor=SYSTEM, organisation=world.organisation, source_key="shoot:1")
    assert ledger.balance(organisation=world.organisation).held == 1
