"""Mail carries the organisation's logo within itself; members are written to in their language."""

from __future__ import annotations

import io
import re
from email.message import Message
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw

from accounts.actors import employee_actor
from accounts.developers.sandbox import open_sandbox
from accounts.mail import letters
from accounts.models import Role
from generation.inviting import notices
from generation.leaving import withdrawals
from generation.models import State
from headshots.lib.storage import vault
from tests.browser.queue import drain
from tests.world import PASSWORD, World


def mark(kind: str = "PNG") -> SimpleUploadedFile:
    """A wide mark with an empty edge."""
    picture = Image.new("RGBA", (1600, 400), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((200, 100, 1400, 300), fill=(200, 30, 60, 255))
    stream = io.BytesIO()
    picture.save(stream, kind)
    return SimpleUploadedFile(f"logo.{kind.lower()}", stream.getvalue())


def owner(world: World) -> Client:
    client = Client()
    client.force_login(world.owner)
    return client


def save_logo(world: World, client: Client | None = None) -> None:
    place = reverse("organisation_logo", args=[world.organisation.slug])
    assert (client or owner(world)).post(place, {"logo": mark()}).status_code == 302
    world.organisation.refresh_from_db()


def parts(sent: Any) -> dict[str, Message]:
    return {part.get_content_type(): part for part in sent.message().walk()}


def test_the_logo_travels_in_the_mail_and_is_named_by_its_html(world: World) -> None:
    save_logo(world)
    shoot = world.shoot()
    notices.send(shoot=shoot, kind="invitation")
    found = parts(mail.outbox[-1])
    assert list(found) == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    html = found["text/html"].get_payload(decode=True).decode()  # type: ignore[union-attr]
    (source,) = re.findall(r'<img src="([^"]+)"', html)
    assert source == "cid:" + found["image/png"]["Content-ID"].strip("<>")
    with Image.open(io.BytesIO(found["image/png"].get_payload(decode=True))) as logo:  # type: ignore[arg-type]
        # The empty edge is gone, and it is no larger than a mail needs.
        assert logo.size == (400, 67)
        assert logo.getchannel("A").getextrema() == (255, 255)
    assert 'width="200" height="33"' in html
    # Nothing is fetched when it is read, and the text says all that the HTML does.
    assert not re.search(r'src="https?:', html)
    text = found["text/plain"].get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "Acme would like" in text
    assert "cid:" not in text


def test_whatever_is_written_for_a_sandbox_goes_to_nobody(world: World) -> None:
    sandbox = open_sandbox(actor=world.actor, organisation=world.organisation)
    for organisation, sent in ((sandbox, 0), (world.organisation, 1)):
        found = letters.letter(
            organisation=organisation,
            template="join_code",
            subject="A code",
            context={"organisation": organisation, "code": "123456", "minutes": 20},
            to=["stranger@elsewhere.example"],
        )
        assert found.send() == sent == len(mail.outbox)


def test_a_mail_with_a_file_keeps_both(world: World) -> None:
    save_logo(world)
    shoot = world.shoot(State.COLLECTING)
    withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    shoot.refresh_from_db()
    notices.send(shoot=shoot, kind="withdrawn")
    sent = mail.outbox[-1].message()
    assert sent.get_content_type() == "multipart/mixed"
    kinds = [part.get_content_type() for part in sent.walk()]
    assert kinds.count("image/png") == 1
    assert [part.get_filename() for part in sent.walk() if part.get_filename()] == [
        "logo.png",
        "certificate.txt",
    ]


def test_without_a_logo_a_mail_is_as_it_was(world: World) -> None:
    notices.send(shoot=world.shoot(), kind="invitation")
    found = parts(mail.outbox[-1])
    assert list(found) == ["multipart/alternative", "text/plain", "text/html"]
    assert b"<img" not in found["text/html"].get_payload(decode=True)  # type: ignore[operator]


def test_a_lost_file_stops_no_mail(world: World) -> None:
    save_logo(world)
    vault().delete(world.organisation.logo)
    assert notices.send(shoot=world.shoot(), kind="invitation")
    assert "image/png" not in parts(mail.outbox[-1])


@pytest.mark.django_db(transaction=True)
def test_settings_show_replace_and_remove_it(world: World) -> None:
    client = owner(world)
    save_logo(world, client)
    first = world.organisation.logo
    page = reverse("organisation_settings", args=[world.organisation.slug])
    assert 'src="data:image/png;base64,' in client.get(page).content.decode()
    preview = client.get(reverse("order_preview", args=[world.organisation.slug]))
    assert 'src="data:image/png;base64,' in preview.content.decode()
    place = reverse("organisation_logo", args=[world.organisation.slug])
    refused = client.post(place, {"logo": SimpleUploadedFile("x.png", b"no picture")})
    assert refused.status_code == 422
    assert "The logo cannot be read" in refused.content.decode()
    assert client.post(place).status_code == 422
    assert vault().exists(first)
    client.post(place, {"none": "1"})
    world.organisation.refresh_from_db()
    assert world.organisation.logo == ""
    assert not vault().exists(first)


@pytest.mark.django_db(transaction=True)
def test_who_is_in_charge_hears_of_a_withdrawn_headshot_in_their_language(world: World) -> None:
    save_logo(world)
    admin, viewer = world.member(Role.ADMIN), world.member(Role.VIEWER)
    admin.language = "de"
    admin.save()
    shoot = world.shoot(State.DELIVERED)
    mail.outbox.clear()
    withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    drain()
    told = {message.to[0]: message for message in mail.outbox}
    assert set(told) == {world.owner.email, admin.email, shoot.employee.email}
    assert viewer.email not in told
    shoot.refresh_from_db()
    english, german = told[world.owner.email], told[admin.email]
    assert shoot.employee.name in english.subject
    assert "may not be used any more" in english.body
    assert str(shoot.certificate.pk) in english.body
    assert reverse("shoot", args=[world.organisation.slug, shoot.pk]) in english.body
    assert "darf nicht mehr verwendet werden" in german.body
    assert "image/png" in parts(english)


def test_nobody_is_told_of_one_that_was_never_delivered(world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    drain()
    mail.outbox.clear()
    withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    drain()
    assert [message.to for message in mail.outbox] == [[shoot.employee.email]]


def test_a_members_mail_follows_the_language_they_chose(world: World) -> None:
    client = Client()
    client.post(
        reverse("account_login"),
        {"login": world.owner.email, "password": PASSWORD},
        headers={"accept-language": "fr-FR,fr;q=0.9"},
    )
    (member,) = letters.in_charge(world.organisation)
    assert letters.language_of(member) == "fr"
    client.post(reverse("set_language"), {"language": "es", "next": "/"})
    # A browser in another language does not unsay what was chosen.
    client.post(
        reverse("account_login"),
        {"login": world.owner.email, "password": PASSWORD},
        headers={"accept-language": "de"},
    )
    (member,) = letters.in_charge(world.organisation)
    assert letters.language_of(member) == "es"
    client.post(reverse("set_language"), {"language": "xx", "next": "/"})
    (member,) = letters.in_charge(world.organisation)
    assert letters.language_of(member) == "es"
