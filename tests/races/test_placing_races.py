"""Two administrators launch the same people at once, or one form arrives twice at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from billing import ledger
from generation.models import Order, Shoot
from generation.ordering import orders, placed_once
from headshots.lib.problems import Problem
from tests.races.together import together
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


def placed_with(world: World, keys: list[UUID]) -> list[Any]:
    people = world.hire(3)
    return together(
        [
            lambda key=key: orders.place_order(
                actor=world.actor,
                organisation=world.organisation,
                look=world.look,
                employees=people,
                due_at=timezone.now() + timedelta(days=7),
                once_key=key,
                twice=False,
            )
            for key in keys
        ]
    )


@pytest.mark.parametrize("same", [True, False])
def test_the_second_is_refused(same: bool) -> None:
    world = make_world()
    keys = [uuid4()] * 2 if same else [uuid4(), uuid4()]
    results = placed_with(world, keys)
    refused = [result.code for result in results if isinstance(result, Problem)]
    assert refused == [placed_once.PLACED if same else placed_once.IN_OPEN_ORDER], results
    assert (Order.objects.count(), Shoot.objects.count()) == (1, 3)


def test_without_the_lock_the_same_orders_are_both_placed() -> None:
    """The twin, so that it is known that the test above can fail."""
    world = make_world()
    gate = threading.Barrier(2)
    real = placed_once.refuse_doubles

    def look_together(**what: Any) -> None:
        real(**what)
        gate.wait(timeout=20)

    account = ledger.balance(organisation=world.organisation)
    with (
        patch.object(ledger, "lock_account", lambda **_: account),
        patch.object(placed_once, "refuse_doubles", look_together),
    ):
        results = placed_with(world, [uuid4(), uuid4()])
    assert not any(isinstance(result, Exception) for result in results), results
    assert Shoot.objects.count() == 6
