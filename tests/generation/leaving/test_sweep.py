"""What the default cluster does each minute mends what was lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.exceptions import TimeoutException
from django_q.models import Failure, OrmQ, Schedule, Success, Task

from accounts.actors import SYSTEM
from accounts.consent.releases import RETENTION_DAYS
from accounts.models import User
from billing import ledger
from generation import states, sweeping, tasks
from generation.finishing import consistency, finishes, renditions
from generation.leaving import retention
from generation.models import Finishing, Headshot, Selfie, Shoot, State, Worker
from generation.photos import selfies
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
    shoot = world.shoot(State.COLLECTING)
    selfies.add_selfie(actor=SYSTEM, shoot=shoot, data=jpeg(), name="a.jpg")
    OrmQ.objects.all().delete()
    assert tasks.sweep()["rejudged"] == 0
    Selfie.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    assert tasks.sweep()["rejudged"] == 1
    assert "default" in keys()


def instead(monkeypatch: pytest.MonkeyPatch, **steps: Callable[[], int]) -> None:
    """Put others in place of some steps."""
    assert steps.keys() <= dict(sweeping.STEPS).keys()
    told = tuple((name, steps.get(name, step)) for name, step in sweeping.STEPS)
    monkeypatch.setattr(sweeping, "STEPS", told)


def raises() -> int:
    raise RuntimeError("as it is")


def old_photos(world: World) -> None:
    world.shoot(State.CHOOSING)
    Selfie.objects.update(created_at=timezone.now() - timedelta(days=RETENTION_DAYS))


@pytest.mark.parametrize("broken", ["claims", "exports_expired", "closed", "retention"])
def test_a_step_that_fails_is_in_no_others_way(
    world: World, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Whichever it is: photos are destroyed when they have to be, and work goes on."""
    old_photos(world)
    world.shoot(State.QUEUED)
    OrmQ.objects.all().delete()
    instead(monkeypatch, **{broken: raises})
    assert tasks.sweep()["failed_steps"] == 1
    assert Selfie.objects.filter(shoot__state=State.CHOOSING).exists() is (broken == "retention")
    assert ("gpu" in keys()) is (broken != "claims")
    alive = Worker.objects.get(name="sweep")
    assert alive.doing == f"1 of {len(sweeping.STEPS)} steps failed: {broken}"
    monkeypatch.undo()
    assert tasks.sweep()["failed_steps"] == 0
    alive.refresh_from_db()
    assert alive.doing == ""
    assert not Selfie.objects.filter(shoot__state=State.CHOOSING).exists()


def test_a_slow_step_costs_those_after_it_that_minute_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task must end before its limit, or nothing would say that it has not done everything."""
    old_photos(world)
    clock = [0.0]

    def slow() -> int:
        clock[0] += sweeping.LONGEST_S + 1
        return 0

    monkeypatch.setattr(sweeping, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    instead(monkeypatch, purchases_dropped=slow, domains_lost=raises)
    found = tasks.sweep()
    assert found["failed_steps"] == 1
    assert "domains_lost" in Worker.objects.get(name="sweep").doing
    assert found["inputs_destroyed"] == 1
    assert not Selfie.objects.exists()


def test_the_sweep_is_scheduled_and_reports(world: World) -> None:
    tasks.sweep()
    assert Worker.objects.get(name="sweep").seen_at
    assert Schedule.objects.get(name="sweep").minutes == 1


def test_workers_that_are_gone_leave_the_list(world: World) -> None:
    for name, days in (("gpu@gone:1", 8), ("gpu@here:1", 6)):
        Worker.objects.create(name=name, seen_at=timezone.now() - timedelta(days=days))
    tasks.sweep()
    assert set(Worker.objects.values_list("name", flat=True)) == {"gpu@here:1", "sweep"}


def test_a_sweep_that_is_cut_off_says_so_and_takes_that_step_last(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of a task is no Exception. Whoever watches the row sees that no sweep ends."""
    world.shoot(State.QUEUED)
    OrmQ.objects.all().delete()

    def hangs() -> int:
        raise TimeoutException

    with monkeypatch.context() as hanging:
        instead(hanging, retention=hangs)
        with pytest.raises(TimeoutException):
            tasks.sweep()
        row = Worker.objects.get(name="sweep")
        assert row.doing == f"1 of {len(sweeping.STEPS)} steps failed: retention"
        assert "gpu" not in keys()
        with pytest.raises(TimeoutException):
            tasks.sweep()
    assert "gpu" in keys()
    monkeypatch.setattr(
        sweeping, "STEPS", (("looked", lambda: Worker.objects.filter(seen_at=row.seen_at).count()),)
    )
    Worker.objects.filter(pk=row.pk).update(seen_at=row.seen_at)
    assert tasks.sweep()["looked"] == 1  # nothing is said before the end
    row.refresh_from_db()
    assert row.doing == ""


def test_one_sweep_at_a_time(world: World) -> None:
    tasks.sweep()
    other = connection.copy()
    try:
        number = sweeping.ALONE.int % 2**63
        other.cursor().execute("SELECT pg_advisory_lock(%s)", [number])
        assert tasks.sweep() == {}
        # Its host may be gone without a word.
        Worker.objects.update(seen_at=timezone.now() - 2 * sweeping.TRUSTED)
        assert tasks.sweep()["failed_steps"] == 0
    finally:
        other.close()


def test_what_is_over_does_not_pile_up(world: World) -> None:
    user = User.objects.get(pk=world.owner.pk)
    now = timezone.now()
    for number, (good, days) in enumerate([(False, 1), (False, 15), (True, 15)]):
        Task.objects.create(
            id=f"{number:032}",
            name=f"{number}",
            func="generation.tasks.sweep",
            started=now,
            stopped=now - timedelta(days=days),
            success=good,
        )
    for days in (-1, 1):
        store = SessionStore()
        store["_auth_user_id"] = str(user.pk)
        store.save()
        Session.objects.filter(pk=store.session_key).update(expire_date=now + timedelta(days=days))
    found = tasks.sweep()
    assert (found["sessions_forgotten"], found["failed_tasks_forgotten"]) == (1, 1)
    assert Session.objects.get().expire_date > now
    assert (Failure.objects.count(), Success.objects.count()) == (1, 1)


def many_that_ended(world: World) -> None:
    """So many that PostgreSQL's choice of an index is none of chance."""
    ledger.grant(actor=world.actor, organisation=world.organisation, amount=400, source_key="many")
    ended = list(world.order(300).shoots.all())
    Shoot.objects.update(state=State.CANCELLED)
    shoot = world.shoot(State.APPROVING)
    Selfie.objects.bulk_create(
        Selfie(
            shoot=shoot,
            file=f"{shoot.folder}/selfies/{number}.jpg",
            sha256=f"{number:064}",
            width=64,
            height=64,
            verdict=Selfie.Verdict.REJECTED,
        )
        for number in range(1500)
    )
    before = timezone.now() - timedelta(days=90)
    candidate = shoot.headshot.candidate
    headshots = Headshot.objects.bulk_create(
        Headshot(shoot=one, candidate=candidate, picked_at=before, approved_at=before)
        for one in ended
    )
    finish = finishes.of_order(shoot.order)
    for one, made in zip(
        headshots,
        Finishing.objects.bulk_create(
            Finishing(headshot=one, finish=finish, candidate=candidate, tried_at=before)
            for one in headshots
        ),
        strict=True,
    ):
        one.finishing = made
    Headshot.objects.bulk_update(headshots, ["finishing"])


def open_shoots() -> None:
    """As `leavers.cancel` and others begin with."""
    list(Shoot.objects.exclude(state__in=states.ENDED).values_list("pk"))


@pytest.mark.parametrize(
    ("step", "indexes"),
    [
        (selfies.judge_again, ["selfie_checking"]),
        (open_shoots, ["shoot_open"]),
        (retention.clear_remains, ["shoot_left"]),
        (retention.sweep, ["selfie_by_age"]),
        (consistency.note_changed, ["headshot_by_approval", "finishing_by_try"]),
        (renditions.begin_missing, ["(finishing_id IS NULL)"]),
    ],
)
def test_what_is_asked_each_minute_reads_no_whole_table(
    world: World, step: Callable[[], object], indexes: list[str]
) -> None:
    """Tables grow with every order there ever was; what is open, fresh or due does not."""
    many_that_ended(world)
    with CaptureQueriesContext(connection) as asked:
        step()
    selects = [one["sql"] for one in asked.captured_queries if one["sql"].startswith("SELECT")]
    plans = []
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        # As in tables that are larger than a test's.
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in selects:
            cursor.execute(f"EXPLAIN {sql}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    for index in indexes:
        assert any(index in plan for plan in plans), "\n\n".join(plans)
