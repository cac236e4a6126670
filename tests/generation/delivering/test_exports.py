"""ZIPs of large orders are made in the end, and keep nothing else waiting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ

from generation.delivering import exports
from generation.models import Export, Order, State
from tests.browser.queue import forget
from tests.world import World, give_files


@pytest.fixture
def order(world: World) -> Order:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    return shoot.order


def begin(world: World, order: Order) -> Export:
    return exports.begin(actor=world.actor, organisation=world.organisation, order=order)


def queued() -> list[dict[str, Any]]:
    """The messages about exports; another tells of the order's end."""
    tasks = [message.task for message in OrmQ.objects.all()]
    return [task for task in tasks if task["func"] == "generation.tasks.make_export"]


def test_packing_may_take_longer_than_other_tasks(world: World, order: Order) -> None:
    forget("default")
    begin(world, order)
    queue = settings.Q_CLUSTER
    assert queue["timeout"] < queued()[0]["timeout"] < queue["retry"]


def test_one_waits_while_another_is_made_and_comes_after_it(world: World, order: Order) -> None:
    first, second = begin(world, order), begin(world, order)
    Export.objects.filter(pk=first.pk).update(state="making", updated_at=timezone.now())
    forget("default")
    exports.make(export_id=second.pk)
    second.refresh_from_db()
    assert (second.state, second.attempts) == ("waiting", 0)
    Export.objects.filter(pk=second.pk).update(created_at=timezone.now() - timedelta(minutes=3))
    exports.sweep()
    assert [task["args"] for task in queued()] == [(str(second.pk),)]
    # One whose process died holds up nobody.
    Export.objects.filter(pk=first.pk).update(
        updated_at=timezone.now() - exports.LOST_AFTER - timedelta(minutes=1)
    )
    exports.make(export_id=second.pk)
    second.refresh_from_db()
    assert second.state == "ready"
