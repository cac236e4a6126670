"""Mail goes out once there is a reason, and again when the server did not take it."""

from __future__ import annotations

import re
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ, Schedule

from accounts.actors import employee_actor
from generation import tasks
from generation.inviting import notices
from generation.leaving import withdrawals
from generation.models import Shoot, State
from tests.world import World, token


def test_the_invitation_has_a_link_that_works(world: World, client: Client) -> None:
    shoot = world.shoot()
    assert tasks.send_notices("invitation", [str(shoot.pk)]) == 1
    (sent,) = mail.outbox
    assert sent.to == [shoot.employee.email]
    assert "Acme" in sent.subject
    link = re.search(r"http://\S+/i/\S+", str(sent.body))
    assert link is not None
    assert client.get(urlsplit(link.group()).path).status_code == 200
    html = sent.alternatives[0][0]
    assert link.group().rstrip("/") in str(html)


@pytest.mark.parametrize("kind", list(notices.SUBJECTS))
def test_every_kind_of_mail_can_be_written(world: World, kind: str) -> None:
    begun = {
        "choose": State.CHOOSING,
        "choose_reminder": State.CHOOSING,
        "picked": State.APPROVING,
        "photos_gone": State.COLLECTING,
        "redo": State.QUEUED,
        "release": State.COLLECTING,
        "withdrawn": State.COLLECTING,
    }
    shoot = world.shoot(begun.get(kind, State.INVITED))
    if kind == "withdrawn":
        withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
        shoot = Shoot.objects.get(pk=shoot.pk)
    assert notices.send(shoot=shoot, kind=kind)
    assert shoot.employee.first_name in str(mail.outbox[0].body)


def test_a_copy_of_the_release_comes_by_mail(world: World) -> None:
    shoot = world.shoot()
    OrmQ.objects.all().delete()
    client = Client()
    page = reverse("employee:start", args=[token(shoot)])
    release = client.get(page).context["release"]
    client.post(
        reverse("employee:sign", args=[token(shoot)]),
        {"typed_name": "Ada Lovelace", "read_hash": release.sha256, "where": release.jurisdiction},
    )
    queued = [message.task["args"] for message in OrmQ.objects.all()]
    assert ("release", [str(shoot.pk)]) in queued
    tasks.send_notices("release", [str(shoot.pk)])
    body = str(mail.outbox[-1].body)
    assert mail.outbox[-1].to == [shoot.employee.email]
    assert "Ada Lovelace" in body
    for paragraph in release.paragraphs:
        assert paragraph in body


def test_no_invitation_after_the_photos_are_in(world: World) -> None:
    shoot = world.shoot(State.QUEUED)
    assert tasks.send_notices("invitation", [str(shoot.pk)]) == 0
    assert not mail.outbox


def test_a_mail_server_that_is_down_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot = world.shoot()

    def refuse(*_: Any, **__: Any) -> int:
        raise SMTPException("down")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    tasks.send_notices("invitation", [str(shoot.pk)])
    assert Schedule.objects.filter(func="generation.tasks.send_notices").exists()


def test_placing_an_order_queues_mail_and_refusing_it_queues_none(world: World) -> None:
    from headshots.lib.problems import Problem

    OrmQ.objects.all().delete()
    with pytest.raises(Problem):
        world.order(500)
    assert not OrmQ.objects.exists()
    world.order(3)
    assert OrmQ.objects.count() == 1
