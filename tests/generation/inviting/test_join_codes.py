"""A join link's code reaches whoever asked, also where the mail server is away for a while."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from typing import Any

from django.core import mail
from django.test import Client
from django.utils import timezone
from django_q.models import Schedule

from accounts.models import Employee
from generation import tasks
from generation.inviting import join_codes, join_links
from generation.models import JoinCode, JoinLink
from tests.generation.inviting.post_office import post_office
from tests.world import World

WHO = {"email": "new@acme.example", "first_name": "Noa", "last_name": "New"}
TASK = "generation.tasks.send_join_code"


def path(link: JoinLink) -> str:
    return "/start/" + join_links.address_of(link).rpartition("/")[2]


def away(settings: Any, port: int = 1) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False


def waiting() -> str:
    """What the one schedule will hand to its task; taken off, as the cluster does."""
    found = Schedule.objects.get(func=TASK)
    assert found.next_run <= timezone.now() + timedelta(minutes=5)
    (code_id,) = ast.literal_eval(found.args)
    found.delete()
    return str(code_id)


def test_the_code_is_mailed_when_the_server_is_back(
    world: World, client: Client, settings: Any
) -> None:
    link, works = world.join_link(), settings.EMAIL_BACKEND
    away(settings)
    answer = client.post(path(link), WHO)
    assert answer["Location"] == path(link) + "/code"
    page = client.get(answer["Location"]).content.decode()
    assert "The mail server did not take the mail to new@acme.example" in page
    # Still away: once more, and then again. Of the code itself nothing waits in the queue.
    assert not tasks.send_join_code(waiting())
    code_id = waiting()
    assert code_id == str(JoinCode.objects.get().pk)
    settings.EMAIL_BACKEND = works
    assert tasks.send_join_code(code_id)
    assert not Schedule.objects.filter(func=TASK).exists()
    (sent,) = mail.outbox
    assert sent.to == ["new@acme.example"]
    code = re.search(r"\b\d{6}\b", str(sent.body))
    assert code
    opened = client.post(path(link) + "/code", {"code": code.group()})
    assert opened.status_code == 302
    assert "/i/" in opened["Location"]
    assert Employee.objects.filter(email="new@acme.example").exists()
    # The message came twice: nobody waits any more.
    assert not tasks.send_join_code(code_id)
    assert len(mail.outbox) == 1


def test_nothing_is_mailed_that_nobody_waits_for(
    world: World, client: Client, settings: Any
) -> None:
    link, works = world.join_link(), settings.EMAIL_BACKEND
    away(settings)
    client.post(path(link), WHO)
    first = waiting()
    settings.EMAIL_BACKEND = works
    client.post(path(link), WHO)
    assert len(mail.outbox) == 1
    assert not tasks.send_join_code(first)
    JoinCode.objects.update(created_at=timezone.now() - join_codes.LIFE)
    assert not tasks.send_join_code(str(JoinCode.objects.latest("pk").pk))
    assert len(mail.outbox) == 1
    assert not Schedule.objects.filter(func=TASK).exists()


def test_an_address_that_is_refused_for_good_is_said_and_not_tried_again(
    world: World, client: Client, settings: Any
) -> None:
    link = world.join_link()
    with post_office() as office:
        away(settings, office.port)
        office.refused = {"new@acme.example": b"550 nobody here"}
        answer = client.post(path(link), WHO)
    assert answer.status_code == 422
    assert "refuses this address" in answer.content.decode()
    assert not JoinCode.objects.exists()
    assert not Schedule.objects.filter(func=TASK).exists()
