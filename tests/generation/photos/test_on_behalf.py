"""An administrator who holds the signed release acts for somebody on the pages."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.consent.releases import release_text
from accounts.models import AuditEntry, Role
from generation.models import Selfie, Shoot, State
from tests.world import World, give_selfies, jpeg, make_world, sign, token


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.member(Role.ADMIN))
    return client


def place(shoot: Shoot, route: str = "shoot", **more: object) -> str:
    slug = shoot.order.organisation.slug
    return reverse(route, kwargs={"slug": slug, "shoot_id": shoot.pk, **more})


def attest(client: Client, shoot: Shoot) -> Shoot:
    form = {"attested": "1", "read_hash": release_text(shoot.employee).sha256}
    assert client.post(place(shoot, "shoot_attest"), form).status_code == 302
    return Shoot.objects.get(pk=shoot.pk)


def test_from_the_attestation_to_handing_in(world: World, admin: Client) -> None:
    shoot = world.shoot()
    page = admin.get(place(shoot)).content.decode()
    assert "On their behalf" in page
    sentence = f"I attest that {shoot.employee.name} has signed the release"
    assert sentence in page
    assert release_text(shoot.employee).sha256 in page

    shoot = attest(admin, shoot)
    assert shoot.state == State.COLLECTING
    assert shoot.release
    assert shoot.release.attested_by
    assert shoot.release.attestation.startswith(sentence)
    assert AuditEntry.objects.filter(action="release.attested").count() == 1

    files = [
        SimpleUploadedFile("good.jpg", jpeg(1), "image/jpeg"),
        SimpleUploadedFile("notes.txt", b"no photo at all", "text/plain"),
    ]
    refused = admin.post(place(shoot, "shoot_photos"), {"photos": files})
    said = refused.content.decode()
    assert refused.status_code == 422
    assert said.count("data-upload-problem") == 1
    assert "notes.txt: " in said
    assert "good.jpg" in said
    assert "We are looking at it." in said
    photo = Selfie.objects.get(shoot=shoot)
    assert photo.verdict == Selfie.Verdict.CHECKING

    Selfie.objects.update(verdict=Selfie.Verdict.REJECTED, sentence="No face was found.")
    assert "No face was found." in admin.get(place(shoot)).content.decode()
    gone = admin.post(place(shoot, "shoot_photo_remove", selfie_id=photo.pk))
    assert gone.status_code == 302
    assert not Selfie.objects.exists()

    early = admin.post(place(shoot, "shoot_hand_in"), follow=True)
    shoot.refresh_from_db()
    assert shoot.state == State.COLLECTING
    assert 'class="toast' in early.content.decode()
    give_selfies(shoot)
    assert "Hand in 6 photos" in admin.get(place(shoot)).content.decode()
    done = admin.post(place(shoot, "shoot_hand_in"), follow=True).content.decode()
    assert f"The photos of {shoot.employee.name} are handed in." in done
    assert "On their behalf" not in done
    shoot.refresh_from_db()
    assert shoot.state == State.QUEUED
    # The pictures of somebody's face are theirs, and so is the right to end it.
    assert Client().post(f"/i/{token(shoot)}/withdraw").status_code == 302


def test_nothing_is_attested_without_the_tick_or_under_another_text(
    world: World, admin: Client
) -> None:
    shoot = world.shoot()
    mark = release_text(shoot.employee).sha256
    for form in ({"read_hash": mark}, {"attested": "1", "read_hash": "0" * 64}, {}):
        assert admin.post(place(shoot, "shoot_attest"), form).status_code == 302
    shoot.refresh_from_db()
    assert (shoot.state, shoot.release) == (State.INVITED, None)


def test_whoever_has_signed_adds_their_photos_themselves(world: World, admin: Client) -> None:
    shoot = world.shoot()
    sign(shoot)
    give_selfies(shoot)
    shoot = attest(admin, shoot)
    assert shoot.release
    assert shoot.release.attested_by is None
    assert "On their behalf" not in admin.get(place(shoot)).content.decode()
    photo = SimpleUploadedFile("good.jpg", jpeg(9), "image/jpeg")
    own = shoot.selfies.order_by("pk")[0]
    for answer in (
        admin.post(place(shoot, "shoot_photos"), {"photos": [photo]}),
        admin.post(place(shoot, "shoot_photo_remove", selfie_id=own.pk)),
        admin.post(place(shoot, "shoot_hand_in")),
    ):
        assert answer.status_code == 409
        assert "the photos are theirs to add" in answer.content.decode()
    assert shoot.selfies.count() == 6


def test_a_viewer_reads_and_does_nothing(world: World, admin: Client) -> None:
    shoot = attest(admin, world.shoot())
    viewer = Client()
    viewer.force_login(world.member(Role.VIEWER))
    assert "On their behalf" not in viewer.get(place(shoot)).content.decode()
    for route in ("shoot_attest", "shoot_photos", "shoot_hand_in"):
        assert viewer.post(place(shoot, route)).status_code == 403


def test_a_photo_of_somebody_else_is_not_removed_by_another_address(
    world: World, admin: Client
) -> None:
    shoot, other = attest(admin, world.shoot()), attest(admin, world.shoot())
    give_selfies(other, 1)
    photo = other.selfies.get()
    answer = admin.post(place(shoot, "shoot_photo_remove", selfie_id=photo.pk))
    assert answer.status_code == 404
    assert other.selfies.count() == 1


def test_handed_in_they_cannot_be_changed(world: World, admin: Client) -> None:
    shoot = attest(admin, world.shoot())
    give_selfies(shoot)
    admin.post(place(shoot, "shoot_hand_in"))
    photo = SimpleUploadedFile("late.jpg", jpeg(9), "image/jpeg")
    late = admin.post(place(shoot, "shoot_photos"), {"photos": [photo]})
    assert late.status_code == 422
    assert "cannot be changed now" in late.content.decode()
    assert shoot.selfies.count() == 6
