"""Credits run out, or photos have been kept as long as was promised, in the very moment in which
something is held, approved or asked for. Whoever has its turn first, the other comes after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.actors import SYSTEM, employee_actor
from accounts.models import Organisation
from billing import ledger
from billing.models import CreditAccount, CreditEntry, CreditGrant, CreditHold
from billing.recount import recount
from generation import states
from generation.approving import choosing
from generation.leaving import retention
from generation.models import Selfie, Shoot, State
from headshots.lib.problems import Problem
from tests.races.test_ledger_races import hold_without_the_lock, unchecked
from tests.races.together import together
from tests.world import World, bring, make_world

pytestmark = pytest.mark.django_db(transaction=True)

MONTH = timedelta(days=30)
ORDERS = pytest.mark.parametrize("expiry_first", [True, False], ids=["expiry first", "then expiry"])


class Clock(threading.local):
    """The ledger's clock: each thread may be at a time of its own."""

    at: datetime | None = None

    def now(self) -> datetime:
        return self.at or timezone.now()

    def after(self, at: datetime, call: Callable[[], Any]) -> Callable[[], Any]:
        """The call, made at that time."""

        def run() -> Any:
            self.at = at
            return call()

        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(ledger, "timezone", found)
    return found


def credits_of_a_month(organisation: Organisation, amount: int) -> datetime:
    """Give credits that run out, and say when."""
    ends = timezone.now() + MONTH
    ledger.grant(
        actor=SYSTEM,
        organisation=organisation,
        amount=amount,
        source_key="month",
        expires_at=ends,
    )
    return ends


def in_turn(
    lock: AbstractContextManager[Any], first: Callable[[], Any], second: Callable[[], Any]
) -> list[Any]:
    """What both returned or raised that wait for `lock`, the second behind the first."""

    def run(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic(), lock:
            begun = []
            for number, call in enumerate((first, second), 1):
                begun.append(pool.submit(run, call))
                wait_for_waiting(number)
        return [one.result(timeout=30) for one in begun]


def wait_for_waiting(count: int) -> None:
    """Until so many connections to this database wait for a lock."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            # Within a transaction what was seen once is shown again, unless it is forgotten.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.02)
    raise AssertionError(f"{count} should wait.")


@contextmanager
def the_account(organisation: Organisation) -> Any:
    ledger.lock_account(organisation=organisation)
    yield


@contextmanager
def the_shoot(shoot: Shoot) -> Any:
    states.locked(shoot.pk)
    yield


def used_and_expired(organisation: Organisation) -> tuple[int, int]:
    """Of the credits of the month, those that holds have, and those that ran out."""
    holds = CreditHold.objects.filter(account__organisation=organisation)
    expired = CreditEntry.objects.filter(account__organisation=organisation, kind="expire")
    return (
        holds.aggregate(n=Sum("open", default=0))["n"],
        expired.aggregate(n=Sum("amount", default=0))["n"],
    )


@ORDERS
def test_the_last_credit_is_held_or_has_run_out_and_never_both(
    clock: Clock, expiry_first: bool
) -> None:
    organisation = make_world(credits=0).organisation
    ends = credits_of_a_month(organisation, 1)
    spend = clock.after(
        ends - timedelta(microseconds=1),
        lambda: ledger.hold(actor=SYSTEM, organisation=organisation, amount=1, source_key="s"),
    )
    expire = clock.after(ends, ledger.expire_due)
    calls = (expire, spend) if expiry_first else (spend, expire)
    results = in_turn(the_account(organisation), *calls)
    assert used_and_expired(organisation) == ((0, 1) if expiry_first else (1, 0))
    refused = [one for one in results if isinstance(one, Exception)]
    assert [getattr(one, "code", one) for one in refused] == ["credits_missing"] * expiry_first
    assert list(recount()) == []


def test_many_spend_while_the_month_ends(clock: Clock) -> None:
    for _ in range(4):
        organisation = make_world(credits=0).organisation
        ends = credits_of_a_month(organisation, 3)
        spend = [
            clock.after(
                ends - timedelta(microseconds=1),
                lambda key=f"s{n}", to=organisation: ledger.hold(  # type: ignore[misc]
                    actor=SYSTEM, organisation=to, amount=1, source_key=key
                ),
            )
            for n in range(6)
        ]
        results = together([*spend[:3], clock.after(ends, ledger.expire_due), *spend[3:]])
        refused = [result for result in results if isinstance(result, Exception)]
        assert {getattr(one, "code", one) for one in refused} <= {"credits_missing"}
        used, expired = used_and_expired(organisation)
        assert used + expired == 3
        assert sum(isinstance(result, CreditHold) for result in results) == used
        assert list(recount()) == []


def expire_without_the_lock(organisation: Organisation, read: threading.Barrier) -> int:
    """The twin of `ledger.expire_due`: the same steps and no lock before them. Returns how many
    credits it took away."""
    with transaction.atomic():
        account = CreditAccount.objects.get(organisation=organisation)
        grant = CreditGrant.objects.get(account=account)
        read.wait(timeout=30)
        CreditAccount.objects.filter(pk=account.pk).update(
            available=account.available - grant.remaining
        )
        CreditGrant.objects.filter(pk=grant.pk).update(remaining=0)
        return grant.remaining


def test_without_the_lock_the_last_credit_is_held_and_has_run_out() -> None:
    """The twin of the two tests above, so that it is known that they can fail."""
    organisation = make_world(credits=0).organisation
    credits_of_a_month(organisation, 1)
    read = threading.Barrier(2)
    with unchecked():
        expired, held = together(
            [
                lambda: expire_without_the_lock(organisation, read),
                hold_without_the_lock(organisation, "s", read),
            ]
        )
    used, _expired = used_and_expired(organisation)
    assert (used, expired, held) == (1, 1, None)
    assert list(recount())


def to_approve(world: World) -> tuple[Shoot, datetime]:
    """A shoot whose pick is to be approved, which holds one of two credits that run out."""
    ends = credits_of_a_month(world.organisation, 2)
    return world.shoot(State.APPROVING), ends


@ORDERS
def test_what_is_held_when_credits_run_out_is_taken_by_the_approval_and_nothing_else(
    clock: Clock, expiry_first: bool
) -> None:
    world = make_world(credits=0)
    shoot, ends = to_approve(world)
    approve = clock.after(ends, lambda: choosing.approve(actor=SYSTEM, shoot=shoot))
    expire = clock.after(ends, ledger.expire_due)
    calls = (expire, approve) if expiry_first else (approve, expire)
    results = in_turn(the_account(world.organisation), *calls)
    assert not [one for one in results if isinstance(one, Exception)], results
    shoot.refresh_from_db()
    assert (shoot.state, shoot.charged) == (State.DELIVERED, 1)
    entries = CreditEntry.objects.filter(grant__source_key="month")
    assert sorted(entries.values_list("kind", "amount")) == [
        ("capture", 1),
        ("expire", 1),
        ("grant", 2),
        ("hold", 1),
    ]
    clock.at = ends
    assert ledger.balance(organisation=world.organisation) == ledger.Balance(0, 0)
    assert list(recount()) == []


@ORDERS
def test_what_is_given_back_as_credits_run_out_is_not_there_for_the_next(
    clock: Clock, expiry_first: bool
) -> None:
    world = make_world(credits=0)
    shoot, ends = to_approve(world)

    def step_out() -> None:
        choosing.opt_out(actor=employee_actor(shoot.employee), shoot=shoot)

    give_back, expire = clock.after(ends, step_out), clock.after(ends, ledger.expire_due)
    calls = (expire, give_back) if expiry_first else (give_back, expire)
    results = in_turn(the_account(world.organisation), *calls)
    assert not [one for one in results if isinstance(one, Exception)], results
    clock.at = ends
    assert ledger.balance(organisation=world.organisation) == ledger.Balance(0, 0)
    assert used_and_expired(world.organisation) == (0, 2)
    assert list(recount()) == []


def test_without_the_lock_one_undoes_what_the_other_wrote() -> None:
    """The twin of the two tests above: both read the account before either writes it."""
    world = make_world(credits=0)
    to_approve(world)
    account = CreditAccount.objects.get(organisation=world.organisation)
    read, written = threading.Barrier(2), threading.Event()

    def capture() -> None:
        with transaction.atomic():
            seen = CreditAccount.objects.get(pk=account.pk)
            read.wait(timeout=30)
            CreditHold.objects.filter(account=seen).update(
                open=0, captured=1, state="captured", settled_at=timezone.now()
            )
            seen.held -= 1
            seen.save(update_fields=["available", "held"])
        written.set()

    def expire() -> None:
        with transaction.atomic():
            seen = CreditAccount.objects.get(pk=account.pk)
            read.wait(timeout=30)
            written.wait(timeout=30)
            CreditGrant.objects.filter(account=seen).update(remaining=0)
            seen.available = 0
            seen.save(update_fields=["available", "held"])

    with unchecked():
        assert together([capture, expire]) == [None, None]
    account.refresh_from_db()
    # Nothing is held, and the account says that one credit is.
    assert used_and_expired(world.organisation)[0] == 0
    assert account.held == 1
    assert list(recount())


def with_old_photos(world: World, state: State) -> Shoot:
    """A shoot whose photos have just been kept as long as they may be while nothing is made of
    them."""
    shoot = bring(world.order().shoots.get(), state)
    long_ago = timezone.now() - retention.LONGEST + retention.RESERVE - timedelta(seconds=1)
    Selfie.objects.filter(shoot=shoot).update(created_at=long_ago)
    return shoot


def made_of_nothing(shoot: Shoot) -> bool:
    """Whether a shoot is to be worked on whose photos are gone."""
    shoot.refresh_from_db()
    return shoot.state in states.WORKING and not shoot.selfies.exists()


@ORDERS
def test_photos_whose_time_is_over_are_gone_and_what_is_approved_is_delivered(
    expiry_first: bool,
) -> None:
    world = make_world()
    shoot = with_old_photos(world, State.APPROVING)

    def approve() -> None:
        choosing.approve(actor=SYSTEM, shoot=shoot)

    calls = (retention.sweep, approve) if expiry_first else (approve, retention.sweep)
    results = in_turn(the_shoot(shoot), *calls)
    assert not [one for one in results if isinstance(one, Exception)], results
    shoot.refresh_from_db()
    assert (shoot.state, shoot.selfies.count(), shoot.charged) == (State.DELIVERED, 0, 1)
    assert shoot.headshot.candidate.passed
    assert ledger.balance(organisation=world.organisation) == ledger.Balance(99, 0)


@ORDERS
def test_new_pictures_that_are_asked_for_as_the_photos_go_are_not_made_of_nothing(
    expiry_first: bool,
) -> None:
    world = make_world()
    shoot = with_old_photos(world, State.CHOOSING)

    def ask() -> None:
        choosing.ask_again(actor=employee_actor(shoot.employee), shoot=shoot)

    calls = (retention.sweep, ask) if expiry_first else (ask, retention.sweep)
    results = in_turn(the_shoot(shoot), *calls)
    refused = [one.code for one in results if isinstance(one, Problem)]
    assert refused == ["photos_gone"] * expiry_first
    assert not made_of_nothing(shoot)
    # There is a choice all the same.
    assert (shoot.state, shoot.selfies.count()) == (State.CHOOSING, 0)
    assert len(choosing.short_list(shoot=shoot)) == 4
    assert ledger.balance(organisation=world.organisation) == ledger.Balance(99, 1)


def test_without_the_lock_they_are() -> None:
    """The twin: whether it is worked on was read before anybody asked."""
    world = make_world()
    shoot = with_old_photos(world, State.CHOOSING)
    seen = Shoot.objects.get(pk=shoot.pk)
    choosing.ask_again(actor=employee_actor(shoot.employee), shoot=shoot)
    if seen.state not in states.WORKING:
        retention.destroy_inputs(actor=SYSTEM, shoot=seen)
    assert made_of_nothing(shoot)
