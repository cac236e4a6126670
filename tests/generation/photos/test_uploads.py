"""Photos in pieces: in order, once, within bounds, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import employee_actor
from generation.models import Selfie, Shoot, State, Upload
from generation.photos import selfies, uploads
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.world import World, jpeg, token

PHOTO = jpeg(7, (900, 700))


@pytest.fixture
def shoot(world: World) -> Shoot:
    return world.shoot(State.COLLECTING)


def begin(shoot: Shoot, size: int = len(PHOTO)) -> Upload:
    return uploads.begin(shoot=shoot, mark="a.jpg:1", name="a.jpg", size=size)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cuts=st.lists(st.integers(1, len(PHOTO) - 1), max_size=6), again=st.booleans())
def test_however_it_is_cut_the_photo_arrives_whole(
    shoot: Shoot, cuts: list[int], again: bool
) -> None:
    Selfie.objects.all().delete()
    actor = employee_actor(shoot.employee)
    places = sorted({0, *cuts, len(PHOTO)})
    selfie = None
    for start, end in pairwise(places):
        upload = begin(shoot)
        assert upload.received == start
        if again and start:  # a piece whose answer was lost is sent again
            before = places[places.index(start) - 1]
            assert (
                uploads.take(actor=actor, upload=upload, at=before, piece=PHOTO[before:start])
                is None
            )
        selfie = uploads.take(actor=actor, upload=upload, at=start, piece=PHOTO[start:end])
    assert selfie is not None
    assert (selfie.width, selfie.height) == (900, 700)
    assert not Upload.objects.exists()
    assert not list(vault().keys(f"{shoot.folder}/uploads"))


def test_a_gap_or_too_much_is_refused_and_nothing_is_lost(shoot: Shoot) -> None:
    actor, upload = employee_actor(shoot.employee), begin(shoot)
    uploads.take(actor=actor, upload=upload, at=0, piece=PHOTO[:100])
    for at, piece in ((200, b"x"), (100, PHOTO[100:] + b"more"), (100, b""), (-1, b"x")):
        with pytest.raises(Problem):
            uploads.take(actor=actor, upload=upload, at=at, piece=piece)
    assert begin(shoot).received == 100


def test_what_is_no_photo_is_said_and_its_pieces_go(shoot: Shoot) -> None:
    actor, text = employee_actor(shoot.employee), b"no picture at all"
    upload = uploads.begin(shoot=shoot, mark="m", name="holiday.jpg", size=len(text))
    with pytest.raises(Problem, match=r"holiday\.jpg"):
        uploads.take(actor=actor, upload=upload, at=0, piece=text)
    assert not Upload.objects.exists()
    assert not list(vault().keys(f"{shoot.folder}/uploads"))


def test_nothing_is_taken_before_the_release(world: World, client: Client) -> None:
    shoot = world.shoot()
    address = reverse("employee:upload_begin", args=[token(shoot)])
    answer = client.post(address, {"mark": "m", "name": "a.jpg", "size": "10"})
    assert answer.status_code == 409
    assert "Sign the release first" in answer.json()["problem"]
    assert not Upload.objects.exists()


def test_sizes_and_numbers_have_bounds(shoot: Shoot, client: Client) -> None:
    address = reverse("employee:upload_begin", args=[token(shoot)])
    for size in ("0", "-5", "many", str(10**9), "9" * 30):
        answer = client.post(address, {"mark": "m", "name": "a.jpg", "size": size})
        assert answer.status_code == 422, size
    for number in range(uploads.MOST_OPEN):
        uploads.begin(shoot=shoot, mark=f"{number}", name="a.jpg", size=10)
    with pytest.raises(Problem, match="on their way"):
        uploads.begin(shoot=shoot, mark="one more", name="a.jpg", size=10)


def test_abandoned_pieces_are_destroyed(shoot: Shoot) -> None:
    upload = begin(shoot)
    uploads.take(actor=employee_actor(shoot.employee), upload=upload, at=0, piece=PHOTO[:99])
    assert uploads.forget_abandoned() == 0
    Upload.objects.update(updated_at=timezone.now() - timedelta(days=2))
    assert uploads.forget_abandoned() == 1
    assert not list(vault().keys(f"{shoot.folder}/uploads"))


def test_past_the_most_photos_nothing_is_sent_any_more(shoot: Shoot, client: Client) -> None:
    half_way = begin(shoot)
    for number in range(selfies.MOST):
        Selfie.objects.create(
            shoot=shoot, file="x", name="x", sha256=str(number), width=1, height=1
        )
    # Said of a file before its first byte, and of one that was under way.
    with pytest.raises(Problem, match=r"b\.jpg: there are 30 photos already.* Remove one first"):
        uploads.begin(shoot=shoot, mark="b.jpg:1", name="b.jpg", size=10)
    assert Upload.objects.get() == half_way
    with pytest.raises(Problem, match="Remove one first"):
        uploads.take(actor=employee_actor(shoot.employee), upload=half_way, at=0, piece=PHOTO)
    Selfie.objects.filter(sha256="0").delete()
    answer = client.post(
        reverse("employee:upload_begin", args=[token(shoot)]),
        {"mark": "b.jpg:1", "name": "b.jpg", "size": "10"},
    )
    assert answer.status_code == 200
