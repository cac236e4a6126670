"""What the default cluster does each minute mends what was lost."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_q.models import OrmQ, Schedule

from generation import tasks
from generation.models import Selfie, State, Worker
from tests.world import World, jpeg


def keys() -> list[str]:
    return list(OrmQ.objects.values_list("key", flat=True))


def test_lost_messages_are_sent_again_once(world: World) -> None:
    world.shoot(State.QUEUED)
    OrmQ.objects.all().delete()
    assert tasks.sweep()["waiting"] == 1
    tasks.sweep()
    assert keys().count("gpu") == 1


def test_photos_whose_judging_was_lost_are_judged_again(world: World) -> None:
    from accounts.actors import SYSTEM
    from generation.photos import selfies

    shoot = world.shoot(State.COLLECTING)
    selfies.add_selfie(actor=SYSTEM, shoot=shoot, data=jpeg(), name="a.jpg")
    OrmQ.objects.all().delete()
    assert tasks.sweep()["rejudged"] == 0
    Selfie.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    assert tasks.sweep()["rejudged"] == 1
    assert "default" in keys()


def test_the_sweep_is_a_sign_of_life_and_scheduled(world: World) -> None:
    tasks.sweep()
    assert Worker.objects.get(name__startswith="default@").seen_at
    assert Schedule.objects.get(name="sweep").minutes == 1
