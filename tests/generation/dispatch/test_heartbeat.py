"""The thread that keeps claims alive: whatever else goes wrong, it does."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone
from django_q.models import OrmQ

from billing import price_tables
from generation import tasks
from generation.dispatch import base_model, canary, claims, heartbeat, worker
from generation.engine import load
from generation.models import ComputeUsage, Shoot, State, Worker
from headshots.lib import stopping
from tests.lib.test_supervise import wait_for
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
BASE: Any = SimpleNamespace(device=SimpleNamespace(type="cpu"), recipe=SimpleNamespace(name="base"))


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.mark.parametrize("trouble", [DatabaseError("no table"), ValueError("no price")])
def test_trouble_in_accounting_costs_no_lease(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any, trouble: Exception
) -> None:
    settings.LEASE_S = 3
    monkeypatch.setattr(heartbeat, "PROGRESS_S", 0.05)
    shoot = world.shoot(State.QUEUED)
    held = claims.claim(worker="gpu@here:1", people=1)
    calls = []

    def broken() -> None:
        calls.append(1)
        raise trouble

    def lease() -> Any:
        return Shoot.objects.values_list("lease_until", flat=True).get(pk=shoot.pk)

    first = lease()
    with (
        monkeypatch.context() as without,
        heartbeat.Heartbeat(worker="gpu@here:1", base=BASE, claims=held) as heart,
    ):
        without.setattr(price_tables, "in_force", broken)
        wait_for(lambda: len(calls) >= 2, 10)
        assert lease() > first + timedelta(seconds=1)
        assert not heart.lost(held[0])
        without.undo()
        # What was spent meanwhile is counted once that works again.
        wait_for(lambda: ComputeUsage.objects.filter(shoot=shoot, seconds__gt=1.5).exists(), 10)
    assert Worker.objects.filter(name="gpu@here:1", seen_at__gt=timezone.now() - timedelta(0, 5))


def test_loading_a_large_model_is_a_sign_of_life(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than the supervisor waits for one: it would be killed, and load it again for ever."""
    monkeypatch.setattr(heartbeat, "REPORT_S", 0.05)
    seen = []

    def slowly(*_: Any, **__: Any) -> Any:
        for _ in range(2):
            before = timezone.now()
            wait_for(lambda at=before: Worker.objects.filter(seen_at__gt=at).exists(), 10)
            seen.append(Worker.objects.get().doing)
        return BASE

    monkeypatch.setattr(load, "base_model", slowly)
    monkeypatch.setattr(base_model, "folder", lambda: None)
    assert worker.run(worker="gpu@here:1", should_stop=lambda: False) == 0
    assert seen == ["loads the base model"] * 2
    before = timezone.now()
    time.sleep(0.3)
    assert not Worker.objects.filter(seen_at__gt=before).exists()


def test_work_without_end_is_given_back_before_the_limit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shoots come faster than they are done; the cluster's limit would cost each an attempt."""
    world.shoot(State.QUEUED)
    OrmQ.objects.all().delete()
    monkeypatch.setattr(load, "base_model", lambda *_, **__: BASE)
    monkeypatch.setattr(base_model, "folder", lambda: None)
    monkeypatch.setattr(tasks, "WORK_S", -1.0)
    assert tasks.work() == 0
    assert [message.key for message in OrmQ.objects.all()] == ["gpu"]
    assert Shoot.objects.get().attempts == 0
    OrmQ.objects.all().delete()
    monkeypatch.setattr(stopping, "asked", lambda: True)
    tasks.work()
    assert not OrmQ.objects.exists()
    assert canary.name() in set(Worker.objects.values_list("name", flat=True))
