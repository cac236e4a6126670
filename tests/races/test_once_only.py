"""Fifty requests under one Idempotency-Key at the same moment: one order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django_q.models import OrmQ

from accounts.models import KeptAnswer
from generation.models import Order
from tests.api.program import Program
from tests.races.together import together
from tests.world import make_world

pytestmark = pytest.mark.transactional


def place_together(key: str | None) -> list[int]:
    """Fifty parallel requests for the same order; their statuses."""
    world = make_world()
    (person,) = world.hire()
    secret = Program.of(world.organisation).secret
    body = {"look": str(world.look.pk), "employees": [str(person.pk)]}
    headers = {"Idempotency_Key": key} if key else {}

    def call() -> int:
        return Program(secret).post("orders", body, **headers).status_code

    answers = together([call] * 50)
    assert all(isinstance(answer, int) for answer in answers), answers
    return sorted(answers)  # type: ignore[type-var,return-value]


@contextmanager
def lock_timeout(most: str) -> Iterator[None]:
    change = "ALTER FUNCTION credit_open(uuid, timestamptz) SET lock_timeout = %s"
    with connection.cursor() as cursor:
        cursor.execute(change, [most])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(change, ["10s"])


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_one_order() -> None:
    answers = place_together("one-order")
    assert set(answers) <= {201, 409}
    assert 201 in answers
    order = Order.objects.get()
    assert order.shoots.count() == 1
    assert KeptAnswer.objects.count() == 1
    invited = [row for row in OrmQ.objects.all() if "invitation" in str(row.task["args"])]
    assert len(invited) == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_key_they_are_fifty() -> None:
    """The twin: what the key keeps from happening."""
    # Longer than the ten seconds that a caller waits: here all fifty queue for one account.
    with lock_timeout("120s"):
        assert place_together(None) == [201] * 50
    assert Order.objects.count() == 50
