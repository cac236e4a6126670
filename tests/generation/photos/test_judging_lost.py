"""A photo is judged or refused in the end: one that cannot be judged holds nobody up."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from accounts.actors import employee_actor
from accounts.models import Event
from generation.engine import photos
from generation.models import Selfie, Shoot, State
from generation.photos import handing_in, selfies
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.vault import VaultUnavailable
from tests.world import World, jpeg


@pytest.fixture
def shoot(world: World) -> Shoot:
    world.endpoint()
    shoot = world.shoot(State.COLLECTING)
    selfies.add_selfie(actor=employee_actor(shoot.employee), shoot=shoot, data=jpeg(), name="a.jpg")
    Event.objects.all().delete()
    return shoot


def later(seconds: int = selfies.LOST_S + 1) -> None:
    """Let that time pass for every photo."""
    by = timedelta(seconds=seconds)
    for selfie in Selfie.objects.all():
        Selfie.objects.filter(pk=selfie.pk).update(
            created_at=selfie.created_at - by,
            tried_at=selfie.tried_at and selfie.tried_at - by,
        )


def fails_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(photos, "judge_photo", judge)


def why_not_handed_in(shoot: Shoot) -> str:
    with pytest.raises(Problem) as refused:
        handing_in.hand_in(actor=employee_actor(shoot.employee), shoot=shoot)
    return refused.value.code


def test_a_photo_that_no_judging_survives_is_refused_and_said(
    shoot: Shoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_at(monkeypatch)
    selfie = Selfie.objects.get()
    for _ in range(selfies.MOST_ATTEMPTS):
        assert why_not_handed_in(shoot) == "checking"
        with pytest.raises(MemoryError):
            selfies.judge_selfie(selfie_id=selfie.pk)
        later()
        selfies.judge_again()
    selfie.refresh_from_db()
    assert (selfie.verdict, selfie.sentence) == (Selfie.Verdict.REJECTED, selfies.NOT_JUDGED)
    assert Event.objects.filter(type="selfie.judged").count() == 1
    assert why_not_handed_in(shoot) == "too_few"
    OrmQ.objects.all().delete()
    later()
    assert selfies.judge_again() == 0


def test_one_whose_file_is_gone_is_refused_at_once(shoot: Shoot) -> None:
    selfie = Selfie.objects.get()
    vault().put("another/file", b"of somebody else")
    vault().delete(selfie.file)
    judged = selfies.judge_selfie(selfie_id=selfie.pk)
    assert judged is not None
    assert judged.sentence == selfies.NOT_JUDGED


def test_a_storage_that_is_away_is_not_the_photos_fault(shoot: Shoot) -> None:
    selfie = Selfie.objects.get()
    shutil.rmtree(vault().root)
    for _ in range(selfies.MOST_ATTEMPTS + 1):
        with pytest.raises(VaultUnavailable):
            selfies.judge_selfie(selfie_id=selfie.pk)
        later()
        assert selfies.judge_again() == 1
    selfie.refresh_from_db()
    assert (selfie.verdict, selfie.attempts) == (Selfie.Verdict.CHECKING, 0)


def test_messages_that_only_wait_are_not_sent_again(
    shoot: Shoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Photos come faster than they are judged when an order goes out to everybody."""
    later()
    OrmQ.objects.all().delete()
    assert selfies.judge_again() == 1
    later(selfies.LOST_S // 2)
    assert selfies.judge_again() == 0
    monkeypatch.setattr(selfies, "A_SWEEP", 3)
    now = timezone.now()
    OrmQ.objects.bulk_create(OrmQ(key="default", payload="", lock=now) for _ in range(2))
    later()
    assert selfies.judge_again() == 0
    assert OrmQ.objects.count() == 3
    OrmQ.objects.all().delete()
    assert selfies.judge_again() == 1
