"""A batch of mail at a real mail server: one that is refused keeps nobody else waiting."""

from __future__ import annotations

import ast
import multiprocessing
from collections.abc import Iterator
from typing import Any

import pytest
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ, Schedule
from django_q.signals import post_execute_in_worker, pre_execute

from generation import tasks
from generation.inviting import mailing, notices
from generation.models import Shoot
from headshots.lib import stopping
from tests.browser.queue import drain, forget
from tests.generation.inviting.post_office import PostOffice, post_office
from tests.world import World


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    with post_office() as office:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 10
        yield office


def people(world: World, count: int = 5) -> list[Shoot]:
    return list(world.order(count).shoots.order_by("pk"))


def invite(shoots: list[Shoot]) -> int:
    return tasks.send_notices("invitation", [str(shoot.pk) for shoot in shoots])


def emails(shoots: list[Shoot]) -> list[str]:
    return [shoot.employee.email for shoot in shoots]


def to_be_tried_again() -> list[str]:
    found: list[str] = []
    for args in Schedule.objects.filter(func="generation.tasks.send_notices").values_list(
        "args", flat=True
    ):
        found += ast.literal_eval(args)[1]
    return found


@pytest.mark.parametrize("answer", [b"550 not this one", b"451 not now"])
def test_a_mail_refused_after_it_was_read_keeps_nobody_waiting(
    world: World, office: PostOffice, answer: bytes
) -> None:
    shoots = people(world)
    office.returned[shoots[0].employee.email] = answer
    assert invite(shoots) == 4
    assert office.taken == emails(shoots[1:])
    assert to_be_tried_again() == [str(shoots[0].pk)]
    first = Shoot.objects.get(pk=shoots[0].pk)
    assert (first.mail_problem, first.invited_at) == (mailing.NOT_TAKEN, None)
    assert not Shoot.objects.filter(pk__in=[s.pk for s in shoots[1:]], invited_at=None).exists()


def test_a_batch_goes_over_one_connection(world: World, office: PostOffice) -> None:
    shoots = people(world)
    office.refused[shoots[2].employee.email] = b"550 nobody here"
    assert invite(shoots) == 4
    assert office.connections == 1
    shoots[2].employee.refresh_from_db()
    assert "nobody here" in shoots[2].employee.bounce_reason
    assert to_be_tried_again() == []


def test_a_batch_delivered_twice_invites_once(world: World, office: PostOffice) -> None:
    shoots = people(world)
    invite(shoots[:2])
    assert invite(shoots) == 3
    assert invite(shoots) == 0
    assert office.taken == emails(shoots)


def test_a_server_that_hangs_up_stops_the_batch(world: World, office: PostOffice) -> None:
    shoots = people(world)
    office.returned[shoots[1].employee.email] = b"421 closing"
    assert invite(shoots) == 1
    assert office.connections == 1
    assert to_be_tried_again() == [str(shoot.pk) for shoot in shoots[1:]]


def test_nobody_there_is_one_wait_and_all_are_tried_again(
    world: World, settings: Any, office: PostOffice
) -> None:
    shoots = people(world)
    settings.EMAIL_PORT = 1
    assert invite(shoots) == 0
    assert to_be_tried_again() == [str(shoot.pk) for shoot in shoots]
    assert office.connections == 0


def ids(shoots: list[Shoot]) -> list[str]:
    return [str(shoot.pk) for shoot in shoots]


def waiting() -> list[str]:
    """Whom messages in the queue are about."""
    found: list[str] = []
    for message in OrmQ.objects.filter(key="default").order_by("pk"):
        if message.task["func"] == "generation.tasks.send_notices":
            found += message.task["args"][1]
    return found


def test_a_slow_server_costs_nobody_their_mail(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch ends before its task's limit, and what is left is the next message."""
    shoots = people(world)
    forget("default")
    monkeypatch.setattr(mailing, "LONGEST_S", 0.0)
    assert invite(shoots) == 1
    assert waiting() == ids(shoots[1:])
    drain()
    assert office.taken == emails(shoots)


def test_where_the_limit_breaks_in_the_rest_is_queued(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoots = people(world)
    forget("default")
    send = notices.send

    def cut(*, shoot: Shoot, **how: Any) -> bool:
        if shoot == shoots[2]:
            raise TimeoutException
        return send(shoot=shoot, **how)

    monkeypatch.setattr(notices, "send", cut)
    with pytest.raises(TimeoutException):
        invite(shoots)
    assert waiting() == ids(shoots[2:])
    monkeypatch.undo()


def test_a_stop_waits_for_one_mail_and_not_for_a_hundred(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoots = people(world)
    forget("default")
    monkeypatch.setattr(stopping, "_asked", multiprocessing.Event())
    stopping.ask()
    assert invite(shoots) == 1
    assert waiting() == ids(shoots[1:])


def test_a_message_that_is_handed_out_again_mails_nobody_twice(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a worker was killed in the middle of it; a later reminder is another message."""
    shoots = people(world)
    forget("default")
    send = notices.send

    def killed(*, shoot: Shoot, **how: Any) -> bool:
        if shoot == shoots[2]:
            raise KeyboardInterrupt
        return send(shoot=shoot, **how)

    def remind(message: str) -> int:
        pre_execute.send(sender="django_q", func=None, task={"id": message})
        try:
            return tasks.send_notices("reminder", ids(shoots))
        finally:
            post_execute_in_worker.send(sender="django_q", func=None, task={})

    with monkeypatch.context() as dying:
        dying.setattr(notices, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            remind("first")
    forget("default")  # a killed process would have queued nothing
    assert office.taken == emails(shoots[:2])
    assert remind("first") == 3
    assert office.taken == emails(shoots)
    assert remind("second") == 5


def test_a_mail_that_cannot_be_made_keeps_nobody_waiting(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoots = people(world)
    send = notices.send

    def broken(*, shoot: Shoot, **how: Any) -> bool:
        if shoot == shoots[0]:
            raise ValueError("a name that no template takes")
        return send(shoot=shoot, **how)

    monkeypatch.setattr(notices, "send", broken)
    assert invite(shoots) == 4
    assert to_be_tried_again() == ids(shoots[:1])
