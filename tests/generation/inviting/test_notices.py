"""Mail goes out once there is a reason, and again when the server did not take it."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from accounts.actors import employee_actor
from generation import tasks
from generation.approving import approvals, choosing
from generation.inviting import notices
from generation.leaving import withdrawals
from generation.models import Order, Selfie, Shoot, State
from tests.world import World, give_selfies, token


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


def test_whoever_is_invited_reads_what_the_picture_is_for(world: World, client: Client) -> None:
    shoot = world.shoot()
    assert notices.send(shoot=shoot, kind="invitation")
    (sent,) = mail.outbox
    page = client.get(reverse("employee:start", args=[token(shoot)])).content.decode()
    for text in (str(sent.body), str(sent.alternatives[0][0]), page):
        assert "for the directories, badges and pages of Acme" in text


@pytest.mark.parametrize("kind", list(notices.SUBJECTS))
def test_every_kind_of_mail_can_be_written(world: World, kind: str) -> None:
    begun = {
        "choose": State.CHOOSING,
        "choose_reminder": State.CHOOSING,
        "link_again": State.CHOOSING,
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


def test_no_mail_says_that_they_picked_what_the_organisation_picked(world: World) -> None:
    anew, back, approved = (world.shoot(State.CHOOSING) for _ in range(3))
    Order.objects.update(due_at=timezone.now() - timedelta(days=1))
    for shoot in (anew, back, approved):
        picture = choosing.short_list(shoot=shoot)[0]
        approvals.pick_for(actor=world.actor, shoot=shoot, candidate=picture)
    approvals.make_anew(actor=world.actor, shoot=anew, fault="glasses")
    choosing.send_back(actor=world.actor, shoot=back, reason="Too dark.")
    choosing.approve(actor=world.actor, shoot=approved)
    said = []
    for shoot, kind in ((anew, "redo"), (back, "choose"), (approved, "delivered")):
        tasks.send_notices(kind, [str(shoot.pk)])
        said.append(str(mail.outbox[-1].body))
    redo, choose, delivered = said
    assert "Acme has looked at your headshot" in redo
    assert "Acme asks you to pick another picture" in choose
    assert "Acme has approved your headshot" in delivered
    assert not [text for text in said if "you picked" in text or "once more" in text]


def test_a_reminder_says_what_is_missing(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    give_selfies(shoot, 5)
    Selfie.objects.filter(name="4.jpg").update(verdict="rejected")
    assert notices.send(shoot=shoot, kind="reminder")
    assert "2 good selfies are still missing" in str(mail.outbox[-1].body)
    Selfie.objects.filter(name="4.jpg").update(verdict="accepted")
    assert notices.send(shoot=shoot, kind="reminder")
    assert "1 good selfie is still missing" in str(mail.outbox[-1].body)
    Selfie.objects.all().delete()
    give_selfies(shoot)
    assert notices.send(shoot=shoot, kind="reminder")
    sent = mail.outbox[-1]
    assert "Only handing them in is missing" in str(sent.body)
    assert "Hand in your photos" in str(sent.alternatives[0][0])


@pytest.mark.parametrize("kind", ["reminder", "invitation"])
def test_nobody_is_asked_for_a_day_that_has_passed(world: World, kind: str, client: Client) -> None:
    shoot = world.shoot()
    page = reverse("employee:start", args=[token(shoot)])
    assert notices.send(shoot=shoot, kind=kind)
    assert "Please do it by" in str(mail.outbox[-1].body)
    assert "Please send your photos by" in client.get(page).content.decode()
    Order.objects.update(due_at=timezone.now() - timedelta(hours=1))
    late = Shoot.objects.select_related("order__organisation", "employee", "invitation").get()
    assert notices.send(shoot=late, kind=kind)
    for text in (str(mail.outbox[-1].body), str(mail.outbox[-1].alternatives[0][0])):
        assert "Please do it by" not in text
        assert "The day for it has passed; please do it as soon as you can." in text
    shown = client.get(page).content.decode()
    assert "Please send your photos by" not in shown
    assert "please send your photos as soon as you can" in shown


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
