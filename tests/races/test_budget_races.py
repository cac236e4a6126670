"""Two orders do not fit into one budget's last place, and without the lock they would."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone

from billing import ledger
from generation.models import Shoot
from generation.ordering import budgets_used, orders
from headshots.lib.problems import Problem
from tests.races.together import together
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


def four_orders(world: World) -> list[Any]:
    people = world.hire(AT_ONCE)
    for person in people:
        person.department = "Sales"
        person.save()
    due = timezone.now() + timedelta(days=7)
    return together(
        [
            lambda person=person: orders.place_order(
                actor=world.actor,
                organisation=world.organisation,
                look=world.look,
                employees=[person],
                due_at=due,
            )
            for person in people
        ]
    )


def test_a_budget_is_not_overdrawn_by_orders_at_once() -> None:
    world = make_world()
    world.budget("Sales", 1)
    results = four_orders(world)
    refusals = Counter(r.code for r in results if isinstance(r, Problem))
    assert refusals == {"over_budget": AT_ONCE - 1}, results
    assert Shoot.objects.count() == 1


def test_without_the_lock_the_same_orders_overdraw_it() -> None:
    """The twin, so that it is known that the test above can fail."""
    world = make_world()
    world.budget("Sales", 1)
    gate = threading.Barrier(AT_ONCE)
    real = budgets_used.check

    def check_together(**what: Any) -> None:
        real(**what)
        gate.wait(timeout=20)

    account = ledger.balance(organisation=world.organisation)
    with (
        patch.object(orders.ledger, "lock_account", lambda **_: account),
        patch.object(orders.budgets_used, "check", check_together),
    ):
        results = four_orders(world)
    assert not any(isinstance(result, Exception) for result in results)
    assert Shoot.objects.count() == AT_ONCE > 1


def test_a_budget_waits_for_an_order_that_is_being_fitted_in() -> None:
    """Lowering it meanwhile comes after, not in between."""
    world = make_world()
    world.budget("Sales", 5)
    with transaction.atomic():
        ledger.lock_account(organisation=world.organisation)
        done = threading.Event()

        def lower() -> None:
            try:
                world.budget("Sales", 0)
            finally:
                done.set()
                from django.db import connection

                connection.close()

        thread = threading.Thread(target=lower)
        thread.start()
        assert not done.wait(0.3)
    thread.join(timeout=10)
    assert world.organisation.budgets.get().credits == 0
