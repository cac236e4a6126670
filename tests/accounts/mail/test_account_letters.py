"""Mail about accounts looks like the product's other mail, and speaks its reader's language."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import allauth
import pytest
from django.conf import settings as project
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django_q.models import Schedule

from accounts import tasks
from accounts.mail import account_letters
from accounts.membership.organisations import add_member
from accounts.models import Organisation, Role
from tests.accounts.mail.test_account_mail import nobody_there
from tests.accounts.mail.test_letters import save_logo
from tests.world import PASSWORD, World, make_world

# Ways in that are switched off here.
OFF = {"account/email/login_code", "account/email/password_reset_code"}
CONTEXT = {
    "code": "ABCD-EFGH",
    "password_reset_url": "https://headshots.example/reset",
    "signup_url": "https://headshots.example/signup",
    "ip": "203.0.113.9",
    "user_agent": "A <browser>",
}


@pytest.fixture(autouse=True)
def fresh_rate_limits(db: None) -> None:
    cache.clear()


def html_of(sent: Any) -> str:
    ((html, kind),) = [(str(part[0]), part[1]) for part in sent.alternatives]
    assert kind == "text/html"
    return html


def test_every_mail_of_allauth_is_one_of_ours() -> None:
    folder, found = Path(allauth.__file__).parent, set()
    for path in folder.rglob("*.py"):
        if "tests" not in path.parts:
            found |= set(re.findall(r'"(\w+/email/\w+)"', path.read_text("utf-8")))
    assert len(found) > 10
    assert found - OFF == set(account_letters.KINDS)


@pytest.mark.parametrize("language", [code for code, _ in project.LANGUAGES])
@pytest.mark.parametrize("name", account_letters.KINDS)
def test_each_is_html_and_text_under_its_organisations_name(
    world: World, name: str, language: str
) -> None:
    with translation.override(language):
        context = {**CONTEXT, "timestamp": timezone.now()}
        known = account_letters.letter(name=name, email=world.owner.email, context=context)
        stranger = account_letters.letter(name=name, email="nobody@x.example", context=context)
    kind = account_letters.KINDS[name]
    for sent, sender in ((known, "Acme"), (stranger, "Headshots")):
        html, text = html_of(sent), str(sent.body)
        assert f'<html lang="{language}">' in html
        assert f"<title>{sender}</title>" in html
        assert text.rstrip().endswith(sender)
        wanted = str(CONTEXT.get(kind.link, reverse("mfa_index")))
        if kind.template == "account_code":
            wanted = "ABCD-EFGH"
        assert wanted in html
        assert wanted in text
        if not kind.awaited:
            assert "A &lt;browser&gt;" in html
            assert "A <browser>" in text


def test_whoever_is_invited_signs_up_under_that_organisations_name(world: World) -> None:
    invitation = world.invite_member()
    sign_up = {"email": invitation.email, "password1": PASSWORD, "password2": PASSWORD}
    mail.outbox.clear()
    Client().post(reverse("account_signup"), sign_up)
    (sent,) = mail.outbox
    assert "<title>Acme</title>" in html_of(sent)
    # Of two organisations neither speaks for the other.
    second = make_world("Second")
    assert account_letters.organisation_of("", world.owner) == world.organisation
    add_member(
        actor=second.actor, organisation=second.organisation, user=world.owner, role=Role.VIEWER
    )
    assert account_letters.organisation_of("", world.owner) is None
    Organisation.objects.filter(pk=second.organisation.pk).update(closed_at=timezone.now())
    assert account_letters.organisation_of("", world.owner) == world.organisation


def test_a_member_reads_in_their_own_language(world: World) -> None:
    world.owner.language = "de"
    world.owner.save()
    page = Client().post(
        reverse("account_reset_password"),
        {"email": world.owner.email},
        headers={"accept-language": "fr"},
        follow=True,
    )
    assert '<html lang="fr"' in page.content.decode()
    (sent,) = mail.outbox
    assert sent.subject == "Ein neues Passwort für Headshots"
    assert '<html lang="de">' in html_of(sent)


def test_a_changed_password_is_told_and_a_server_that_is_away_stops_nothing(
    world: World, settings: Any
) -> None:
    client = Client()
    client.post(reverse("account_login"), {"login": world.owner.email, "password": PASSWORD})
    works, changed = settings.EMAIL_BACKEND, PASSWORD + "!"
    nobody_there(settings)
    page = client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": changed, "password2": changed},
        follow=True,
    )
    assert page.status_code == 200
    assert "did not take it" not in page.content.decode()
    world.owner.refresh_from_db()
    assert world.owner.check_password(changed)
    found = Schedule.objects.get(func="accounts.tasks.send_account_mail")
    settings.EMAIL_BACKEND = works
    assert tasks.send_account_mail(*ast.literal_eval(found.args))
    (sent,) = mail.outbox
    assert sent.subject == "Your password was changed"
    assert "127.0.0.1" in str(sent.body)


def test_the_logo_comes_along_also_when_it_is_tried_again(world: World, settings: Any) -> None:
    save_logo(world)
    works = settings.EMAIL_BACKEND
    for down in (False, True):
        mail.outbox.clear()
        if down:
            nobody_there(settings)
        Client().post(reverse("account_reset_password"), {"email": world.owner.email})
        if down:
            found = Schedule.objects.get(func="accounts.tasks.send_account_mail")
            settings.EMAIL_BACKEND = works
            assert tasks.send_account_mail(*ast.literal_eval(found.args))
        kinds = [part.get_content_type() for part in mail.outbox[0].message().walk()]
        assert "image/png" in kinds
