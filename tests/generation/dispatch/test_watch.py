"""`manage.py status` says what an operator has to see."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from generation import tasks
from generation.dispatch import heartbeat, watch
from generation.models import State, Worker
from tests.world import World


def bad() -> set[str]:
    return {part.name for part in watch.look() if not part.good}


@pytest.fixture
def running(world: World) -> World:
    """An installation in which all is well."""
    OrmQ.objects.all().delete()
    heartbeat.report(worker="default@web:1")
    heartbeat.report(worker="gpu@gpu:1")
    tasks.sweep()
    return world


def test_all_is_well(running: World) -> None:
    said = StringIO()
    call_command("status", stdout=said)
    assert "BAD" not in said.getvalue()
    assert "queue default" in said.getvalue()


def test_shoots_wait_and_nobody_is_there(running: World) -> None:
    running.shoot(State.QUEUED)
    OrmQ.objects.all().delete()
    assert bad() == set()
    Worker.objects.filter(name__startswith="gpu@").update(seen_at=timezone.now() - 2 * watch.SILENT)
    assert bad() == {"gpu clusters"}
    with pytest.raises(CommandError, match="gpu clusters"):
        call_command("status", stdout=StringIO())
    assert tasks.sweep()["watched"] == 1


def test_a_worker_that_does_not_see_the_vault(running: World) -> None:
    running.shoot(State.QUEUED)
    OrmQ.objects.all().delete()
    heartbeat.report(worker="gpu@gpu:2", doing="waits: no private files where this host looks")
    assert bad() == {"gpu clusters"}


def test_no_cluster_and_no_sweep(running: World) -> None:
    late = timezone.now() - timedelta(minutes=10)
    Worker.objects.filter(name__in=["default@web:1", "sweep"]).update(seen_at=late)
    assert bad() == {"default clusters", "sweep"}
    Worker.objects.filter(name="sweep").update(seen_at=timezone.now(), doing="1 of 9 steps failed")
    assert "sweep" in bad()


def test_a_queue_that_stands_still(running: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async_task("generation.tasks.show_life")
    assert bad() == set()
    (part,) = [part for part in watch.look() if part.name == "queue default"]
    assert part.said.startswith("1 messages wait")
    monkeypatch.setattr(watch, "LONG", timedelta(0))
    assert bad() == {"queue default"}
    OrmQ.objects.update(payload="of another key")
    monkeypatch.undo()
    assert bad() == {"queue default"}


def test_the_vault_is_away(running: World, settings: Any, tmp_path: Any) -> None:
    settings.PRIVATE_ROOT = tmp_path / "not-mounted"
    assert bad() == {"vault"}
