"""Stepping out, withdrawing, and taking along what is held."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from PIL import Image

from accounts.actors import employee_actor
from billing import ledger
from generation import tasks
from generation.approving import alternatives, choosing
from generation.leaving import held, retention, withdrawals
from generation.models import Alternative, Candidate, Headshot, Selfie, Shoot, State
from generation.storage import vault
from headshots.lib import seals
from headshots.lib.problems import Problem
from tests.browser.queue import drain
from tests.photographs import astronaut, jpeg_of
from tests.world import World, make_world, token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def url(shoot: Shoot, name: str) -> str:
    return reverse(f"employee:{name}", args=[token(shoot)])


def left_of(shoot: Shoot) -> list[str]:
    """Files of a person: their own, and those that show them among others of the order."""
    organisation = shoot.order.organisation_id
    shared = (f"{organisation}/walls/{shoot.order_id}/", f"{organisation}/exports/")
    return [key for key in vault().keys("") if str(shoot.pk) in key or key.startswith(shared)]


@pytest.mark.parametrize("state", [State.COLLECTING, State.TRAINING, State.APPROVING])
def test_withdrawing_destroys_all_and_certifies_it(
    world: World, client: Client, state: State
) -> None:
    shoot = world.shoot(state)
    photos = Selfie.objects.filter(shoot=shoot).count()
    assert client.post(url(shoot, "withdraw")).status_code == 302
    shoot = Shoot.objects.get(pk=shoot.pk)
    assert shoot.state == State.WITHDRAWN
    assert shoot.release is not None
    assert shoot.release.withdrawn_at is not None
    assert left_of(shoot) == []
    assert not Selfie.objects.exists()
    assert not Candidate.objects.exists()
    assert not Headshot.objects.exists()
    balance = ledger.balance(organisation=world.organisation)
    assert balance.held == 0
    document = client.get(url(shoot, "certificate")).content.decode()
    text, rest = document.split("\nEd25519 ")
    signature, key = rest.split("\n")[:2]
    assert seals.holds(text=text, signature=signature, public_key=key.rsplit(" ", 1)[1])
    assert not seals.holds(
        text=text.replace(f"{photos} photos", "999 photos"),
        signature=signature,
        public_key="0" * 64,
    )
    assert f"{photos} photos" in text
    assert shoot.release.text_hash in text
    drain()
    (sent,) = [m for m in mail.outbox if "certificate" in m.subject]
    assert sent.attachments[0].content == document
    # Once is enough, and nothing more is written.
    client.post(url(shoot, "withdraw"))
    assert Shoot.objects.get(pk=shoot.pk).state == State.WITHDRAWN


def test_a_certificate_can_be_checked_after_the_key_was_changed(
    world: World, client: Client, settings: Any
) -> None:
    shoot = world.shoot(State.CHOOSING)
    path = url(shoot, "certificate")
    client.post(url(shoot, "withdraw"))
    before = client.get(path).content.decode()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key " * 4
    assert client.get(path).content.decode() == before


def test_a_model_that_is_half_trained_counts(world: World, client: Client) -> None:
    shoot = world.shoot(State.TRAINING)
    vault().put(f"{shoot.folder}/adapter/1/checkpoint.safetensors", b"half a model")
    (model,) = [kind for kind in held.kinds(shoot=shoot) if kind.what == "Your model"]
    assert model.count == 1
    client.post(url(shoot, "withdraw"))
    assert "- 1 trained models" in client.get(url(shoot, "certificate")).content.decode()
    assert left_of(shoot) == []


def test_a_delivered_headshot_is_withdrawn_and_its_credit_stays_spent(
    world: World, client: Client
) -> None:
    shoot = world.shoot(State.DELIVERED)
    before = ledger.balance(organisation=world.organisation)
    client.post(url(shoot, "withdraw"))
    assert ledger.balance(organisation=world.organisation) == before
    assert left_of(shoot) == []
    page = client.get(url(shoot, "start")).content.decode()
    assert "You have withdrawn" in page
    assert "may not be used" in client.get(url(shoot, "certificate")).content.decode()


def test_nothing_signed_is_nothing_to_withdraw(world: World, client: Client) -> None:
    shoot = world.shoot()
    assert client.post(url(shoot, "withdraw")).status_code == 409
    shoot.refresh_from_db()
    assert shoot.state == State.INVITED


def test_what_a_worker_wrote_too_late_is_destroyed_by_the_sweep(world: World) -> None:
    shoot = world.shoot(State.TRAINING)
    withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    vault().put(f"{shoot.folder}/candidates/1-0.png", b"late")
    vault().put(f"{shoot.folder}/adapter/1/adapter.safetensors", b"late")
    other = world.shoot(State.COLLECTING)
    vault().put(f"{other.folder}/selfies/x.jpg", b"theirs")
    retention.sweep()
    assert left_of(shoot) == []
    assert left_of(other) != []


def test_all_that_is_held_can_be_taken_along(world: World, client: Client) -> None:
    shoot = world.shoot(State.CHOOSING)
    colleague = world.shoot(State.CHOOSING)
    page = client.get(url(shoot, "data")).content.decode()
    assert "Photos you sent" in page
    answer = client.post(url(shoot, "take_along"))
    assert answer["Cache-Control"] == "private, no-store"
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    names = archive.namelist()
    assert archive.testzip() is None
    assert sum(name.startswith("photos/") for name in names) == 6
    assert sum(name.startswith("pictures/") for name in names) == 4
    assert "I allow Acme" in archive.read("release.txt").decode()
    figures = json.loads(archive.read("figures.json"))
    assert len(figures["photos"][0]["descriptor"]) == 128
    assert figures["roster"]["email"] == shoot.employee.email
    index = archive.read("index.html").decode()
    assert 'src="photos/01.jpg"' in index
    everything = b"".join(archive.read(name) for name in names)
    assert colleague.employee.email.encode() not in everything
    assert str(colleague.pk).encode() not in everything


def test_opting_out_stops_everything_and_gives_the_credit_back(
    world: World, client: Client
) -> None:
    shoot = world.shoot(State.APPROVING)
    free = ledger.balance(organisation=world.organisation).available
    client.post(url(shoot, "opt_out"))
    assert ledger.balance(organisation=world.organisation).available == free + 1
    assert left_of(shoot) == []
    drain()
    before = len(mail.outbox)
    from generation.inviting import notices

    for kind in notices.SUBJECTS:
        if kind not in ("withdrawn", "fresh_link"):  # what they asked for themselves
            assert not notices.send(shoot=Shoot.objects.get(pk=shoot.pk), kind=kind)
    assert len(mail.outbox) == before


def test_initials_instead_look_like_the_order(world: World, client: Client) -> None:
    shoot = world.shoot(State.COLLECTING)
    client.post(url(shoot, "opt_out"))
    client.post(url(shoot, "instead"), {"kind": "initials"})
    drain()
    answer = client.get(url(shoot, "instead_picture"))
    with Image.open(io.BytesIO(answer.content)) as picture:
        width, height = picture.size
        grey = picture.convert("L")
        assert height > width > 500
        # Dark letters where the others' faces are, on the order's plate.
        around = grey.getpixel((20, 20))
        middle = grey.crop((width // 4, height // 3, 3 * width // 4, 2 * height // 3))
        assert middle.getextrema()[0] < around - 60
        assert abs(grey.getpixel((width - 20, 20)) - around) < 12


def test_one_real_photo_gets_the_crop_of_the_others(world: World, client: Client) -> None:
    from generation.engine import faces

    shoot = world.shoot(State.COLLECTING)
    client.post(url(shoot, "opt_out"))
    photo = SimpleUploadedFile("me.jpg", jpeg_of(astronaut()), content_type="image/jpeg")
    refused = client.post(url(shoot, "instead"), {"kind": "photo", "photo": photo})
    assert refused.status_code == 422
    assert left_of(shoot) == []
    photo.seek(0)
    client.post(url(shoot, "instead"), {"kind": "photo", "photo": photo, "agreed": "1"})
    drain()
    with Image.open(io.BytesIO(client.get(url(shoot, "instead_picture")).content)) as picture:
        (face,) = faces.detect(picture.convert("RGB"))[:1]
        eyes = (face.eyes[0] + face.eyes[1]) / 2
        assert abs(eyes[0] / picture.width - 0.5) < 0.03
        assert abs(eyes[1] / picture.height - 0.42) < 0.03
    shoot.refresh_from_db()
    assert "Acme" in shoot.alternative.agreed_text
    # Nothing was measured of it.
    assert not Selfie.objects.exists()
    client.post(url(shoot, "instead"), {"kind": "nothing"})
    assert left_of(shoot) == []


def test_a_photo_without_a_face_is_said(world: World, client: Client) -> None:
    shoot = world.shoot(State.COLLECTING)
    client.post(url(shoot, "opt_out"))
    grey = SimpleUploadedFile("wall.jpg", jpeg_of(Image.new("RGB", (500, 500), (120,) * 3)))
    client.post(url(shoot, "instead"), {"kind": "photo", "photo": grey, "agreed": "1"})
    drain()
    shoot = Shoot.objects.get(pk=shoot.pk)
    assert "face" in shoot.alternative.problem
    assert shoot.alternative.problem in client.get(url(shoot, "start")).content.decode()
    assert client.get(url(shoot, "instead_picture")).status_code == 404


def test_who_is_still_in_gives_no_other_picture(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    with pytest.raises(Problem):
        alternatives.give_initials(actor=employee_actor(shoot.employee), shoot=shoot)


@pytest.mark.parametrize(("state", "told"), [(State.CHOOSING, False), (State.DELIVERED, True)])
def test_the_page_says_what_is_so_after_withdrawing(
    world: World, client: Client, state: State, told: bool
) -> None:
    shoot = world.shoot(state)
    client.post(url(shoot, "withdraw"))
    page = client.get(url(shoot, "start")).content.decode()
    assert ("Acme knows that the headshot may not be used" in page) is told
    assert ("No headshot of you had been handed out" in page) is not told


def test_a_picture_given_instead_is_made_though_its_message_was_lost(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    choosing.opt_out(actor=employee_actor(shoot.employee), shoot=shoot)
    given = alternatives.give_initials(actor=employee_actor(shoot.employee), shoot=shoot)
    OrmQ.objects.all().delete()
    assert tasks.sweep()["alternatives_again"] == 0
    lately = timezone.now() - alternatives.LOST_AFTER - timedelta(seconds=1)
    Alternative.objects.update(updated_at=lately)
    OrmQ.objects.all().delete()
    assert tasks.sweep()["alternatives_again"] == 1
    drain()
    given.refresh_from_db()
    assert given.finished
    assert tasks.sweep()["alternatives_again"] == 0


def test_a_picture_that_is_never_made_is_said(world: World, client: Client) -> None:
    shoot = world.shoot(State.COLLECTING)
    choosing.opt_out(actor=employee_actor(shoot.employee), shoot=shoot)
    alternatives.give_initials(actor=employee_actor(shoot.employee), shoot=shoot)
    Alternative.objects.update(updated_at=timezone.now() - timedelta(hours=2))
    assert tasks.sweep()["alternatives_again"] == 0
    page = client.get(url(shoot, "start")).content.decode()
    assert "could not be made, and the fault is ours" in page
    assert "Being made" not in page
