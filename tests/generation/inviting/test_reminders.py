"""Reminders go to whoever has something to do, by day where they are, and not again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ, Schedule

from accounts import clocks
from accounts.mail import bounces
from accounts.models import AuditEntry, Employee
from generation import tasks
from generation.approving import choosing
from generation.inviting import reminders
from generation.models import Order, Shoot, State
from generation.ordering import funnel
from headshots.lib.problems import Problem
from tests.world import World

# A Wednesday, noon in London, evening in Tokyo.
NOON = datetime(2031, 5, 7, 12, tzinfo=UTC)


def invited(world: World, people: int = 1, days_ago: float = 4, **changes: Any) -> list[Shoot]:
    order = world.order(people, due_at=NOON + timedelta(days=10), **changes)
    order.shoots.update(
        invited_at=NOON - timedelta(days=days_ago), state_since=NOON - timedelta(days=days_ago)
    )
    return list(order.shoots.all())


def run_queued() -> None:
    """What the default cluster would do now."""
    for message in list(OrmQ.objects.order_by("pk")):
        task = message.task
        if task["func"] == "generation.tasks.send_notices":
            tasks.send_notices(*task["args"])
        message.delete()


@pytest.fixture(autouse=True)
def quiet_queue(db: None) -> None:
    OrmQ.objects.all().delete()


def test_a_reminder_comes_when_it_is_due_and_once(world: World) -> None:
    (shoot,) = invited(world, days_ago=2.9)
    OrmQ.objects.all().delete()
    assert reminders.sweep(NOON) == 0
    assert reminders.sweep(NOON + timedelta(hours=3)) == 1
    assert reminders.sweep(NOON + timedelta(hours=4)) == 0
    run_queued()
    assert [m.to for m in mail.outbox] == [[shoot.employee.email]]
    assert "still to come" in mail.outbox[0].subject
    assert reminders.sweep(NOON + timedelta(days=5, hours=3)) == 1


def test_who_is_done_opted_out_late_or_bouncing_hears_nothing(world: World) -> None:
    done, out, bouncing, never = (invited(world)[0] for _ in range(4))
    release = world.shoot(State.COLLECTING).release
    Shoot.objects.filter(pk=done.pk).update(state=State.APPROVING, release=release)
    choosing.opt_out(actor=world.actor, shoot=out)
    bounces.mark(address=bouncing.employee.email, reason="550 no such user")
    Order.objects.filter(pk=never.order_id).update(remind_every=0)
    late = invited(world)[0]
    Order.objects.filter(pk=late.order_id).update(due_at=NOON - timedelta(days=1))
    assert reminders.sweep(NOON) == 0


def test_it_is_day_where_they_work(world: World) -> None:
    here, there = invited(world, 2)
    Employee.objects.filter(pk=there.employee_id).update(location="Tokyo")
    clocks.set_clocks(
        actor=world.actor,
        organisation=world.organisation,
        time_zone="Europe/London",
        quiet_from=19,
        quiet_until=8,
        locations={"Tokyo": "Asia/Tokyo"},
    )
    assert reminders.sweep(NOON) == 1
    here.refresh_from_db()
    assert here.reminders == 1
    # Midnight in London, nine in the morning in Tokyo.
    assert reminders.sweep(NOON + timedelta(hours=12)) == 1
    there.refresh_from_db()
    assert there.reminders == 1
    # Nobody at the weekend.
    invited(world)
    assert reminders.sweep(NOON + timedelta(days=3)) == 0


@pytest.mark.parametrize(
    ("zone", "quiet", "hour", "awake"),
    [
        ("UTC", (19, 8), 7, False),
        ("UTC", (19, 8), 8, True),
        ("UTC", (19, 8), 19, False),
        ("UTC", (0, 6), 5, False),
        ("UTC", (0, 6), 23, True),
        ("Asia/Tokyo", (19, 8), 23, True),
    ],
)
def test_quiet_hours(zone: str, quiet: tuple[int, int], hour: int, awake: bool) -> None:
    at = datetime(2031, 5, 7, hour, 30, tzinfo=UTC)
    said = clocks.awake(zone=zone, quiet_from=quiet[0], quiet_until=quiet[1], at=at)
    assert said is awake


def test_an_unknown_zone_is_refused_and_nothing_is_written(world: World) -> None:
    with pytest.raises(Problem, match="no time zone"):
        clocks.set_clocks(
            actor=world.actor,
            organisation=world.organisation,
            time_zone="UTC",
            quiet_from=19,
            quiet_until=8,
            locations={"Mars": "Mars/Olympus"},
        )
    assert not world.organisation.locations.exists()


def test_the_last_day_brings_one_more(world: World) -> None:
    (shoot,) = invited(world, days_ago=2)
    Order.objects.filter(pk=shoot.order_id).update(due_at=NOON + timedelta(hours=20))
    assert reminders.sweep(NOON) == 1
    assert reminders.sweep(NOON + timedelta(hours=1)) == 0


def test_nudging_a_stage_leaves_alone_whom_it_need_not_reach(world: World, client: Client) -> None:
    order = world.order(3)
    one, two, _ = order.shoots.all()
    two.invitation.opened_at = NOON
    two.invitation.save()
    done = reminders.nudge(actor=world.actor, order=order, wanted=funnel.Wanted(stage="opened"))
    assert (done.sent, done.lately) == (1, 0)
    bounces.mark(address=one.employee.email)
    done = reminders.nudge(actor=world.actor, order=order, wanted=funnel.Wanted())
    assert (done.sent, done.lately, done.unreached) == (1, 1, 1)
    with pytest.raises(Problem):
        reminders.nudge(actor=world.actor, order=order, wanted=funnel.Wanted(stage="approving"))
    assert AuditEntry.objects.filter(action="order.reminded").count() == 2
    client.force_login(world.owner)
    url = reverse("order_nudge", args=[world.organisation.slug, order.pk])
    page = client.post(url, {"stage": "opened"}, follow=True).content.decode()
    assert "0 people are reminded. 1 heard from us lately" in page


def test_a_chooser_is_reminded_of_choosing(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    OrmQ.objects.all().delete()
    reminders.nudge(actor=world.actor, order=shoot.order, wanted=funnel.Wanted(stage="choosing"))
    run_queued()
    assert "waiting for you to choose" in mail.outbox[-1].subject


def test_sent_mail_is_noted_and_a_server_that_is_down_is_shown(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = world.order(3)
    shoots = list(order.shoots.all())
    tries = 0

    def down(*_: Any, **__: Any) -> int:
        nonlocal tries
        tries += 1
        raise SMTPServerDisconnected("down")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMultiAlternatives.send", down)
        tasks.send_notices("invitation", [str(shoot.pk) for shoot in shoots])
    # The others do not wait for a time-out each.
    assert tries == 1
    assert Schedule.objects.filter(func="generation.tasks.send_notices").count() == 1
    client.force_login(world.owner)
    url = reverse("order", args=[world.organisation.slug, order.pk])
    assert "Mail does not reach 3 people" in client.get(url).content.decode()
    assert "tried again every five minutes" in client.get(url, {"stage": "mail"}).content.decode()
    assert tasks.send_notices("invitation", [str(shoot.pk) for shoot in shoots]) == 3
    assert "does not reach" not in client.get(url).content.decode()
    assert order.shoots.filter(invited_at__isnull=False).count() == 3


def test_an_address_that_the_server_refuses_for_good_is_marked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = world.order(2)
    bad, good = order.shoots.all()

    def send(message: Any, *_: Any, **__: Any) -> int:
        if message.to == [bad.employee.email]:
            raise SMTPRecipientsRefused({bad.employee.email: (550, b"5.1.1 no such user")})
        return 1

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", send)
    assert tasks.send_notices("invitation", [str(bad.pk), str(good.pk)]) == 1
    bad.employee.refresh_from_db()
    assert bad.employee.bounce_reason == "550 5.1.1 no such user"
    assert not Schedule.objects.filter(func="generation.tasks.send_notices").exists()
    # Nothing more is sent there.
    assert tasks.send_notices("invitation", [str(bad.pk)]) == 0
