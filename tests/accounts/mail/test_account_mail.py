"""A mail server that is down loses nobody who signs up or has forgotten their password."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule

from accounts import tasks
from accounts.mail import account_mail
from tests.world import PASSWORD, World

SAID = "The mail server did not take it. It is tried again every five minutes."
WHO = "new.colleague@acme.example"


@pytest.fixture(autouse=True)
def fresh_rate_limits(db: None) -> None:
    cache.clear()


def nobody_there(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


def waiting() -> tuple[str, int]:
    """What the one schedule will hand to its task; taken off, as the cluster does."""
    found = Schedule.objects.get(func="accounts.tasks.send_account_mail")
    assert found.next_run <= timezone.now() + timedelta(minutes=5)
    args = ast.literal_eval(found.args)
    found.delete()
    return args


def test_whoever_signs_up_is_told_and_gets_the_code_later(db: None, settings: Any) -> None:
    client, works = Client(), settings.EMAIL_BACKEND
    nobody_there(settings)
    page = client.post(
        reverse("account_signup"),
        {"email": WHO, "password1": PASSWORD, "password2": PASSWORD},
        follow=True,
    )
    assert page.status_code == 200
    assert SAID in page.content.decode()
    sealed, tries = waiting()
    assert WHO not in sealed
    # Still down: once more, and then again.
    assert not tasks.send_account_mail(sealed, tries)
    sealed, tries = waiting()
    settings.EMAIL_BACKEND = works
    assert tasks.send_account_mail(sealed, tries)
    assert not Schedule.objects.filter(func="accounts.tasks.send_account_mail").exists()
    (sent,) = mail.outbox
    assert sent.to == [WHO]
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", str(sent.body), re.MULTILINE)
    assert code
    answer = client.post(reverse("account_email_verification_sent"), {"code": code[1]})
    assert answer.status_code == 302
    assert client.get(reverse("new_organisation")).status_code == 200


@pytest.mark.parametrize("known", [True, False])
def test_a_new_password_is_asked_for_alike_by_members_and_strangers(
    world: World, settings: Any, known: bool
) -> None:
    nobody_there(settings)
    page = Client().post(
        reverse("account_reset_password"),
        {"email": world.owner.email if known else "nobody@nowhere.example"},
        follow=True,
    )
    assert page.status_code == 200
    assert SAID in page.content.decode()


def test_it_is_given_up_when_a_code_would_be_worthless(db: None, settings: Any) -> None:
    nobody_there(settings)
    account_mail.try_later(mail.EmailMultiAlternatives("Hello", "123", "a@x.example", [WHO]))
    for _ in range(account_mail.MOST_TRIES):
        sealed, tries = waiting()
        assert not tasks.send_account_mail(sealed, tries)
    assert not Schedule.objects.filter(func="accounts.tasks.send_account_mail").exists()
    # What another key has sealed, or nobody, is left alone.
    assert not tasks.send_account_mail("x" * 40, 1)
