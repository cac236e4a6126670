"""Who chooses sees the pictures as they would be delivered: on the plate, in the crop."""

from __future__ import annotations

import io
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.actors import SYSTEM
from generation.approving import choosing, previews
from generation.finishing import finishes, refinishing
from generation.models import Candidate, Shoot, State
from generation.storage import vault
from tests.browser.queue import drain
from tests.generation.finishing.test_refinishing import finish_in, near
from tests.generation.sitters import portrait, sit
from tests.world import World, token


@pytest.fixture
def shoot(world: World) -> Shoot:
    """Somebody who chooses among two pictures with a face, in an order with a plate of its own."""
    finish_in(world, "#204060")
    shoot = world.shoot(State.CHOOSING)
    for candidate in Candidate.objects.filter(shoot=shoot):
        key = candidate.file.replace(".jpg", ".png")
        vault().put(key, portrait(candidate.number % 2))
        Candidate.objects.filter(pk=candidate.pk).update(file=key)
    finishes.of_order(shoot.order)
    return shoot


def seen(shoot: Shoot, candidate: Candidate) -> Image.Image:
    """What the person's own page shows."""
    address = reverse("employee:candidate_picture", args=[token(shoot), candidate.pk])
    return Image.open(io.BytesIO(Client().get(address).content)).convert("RGB")


def test_the_short_list_stands_on_the_plate(
    shoot: Shoot, django_capture_on_commit_callbacks
) -> None:
    before = [candidate.finished for candidate in choosing.short_list(shoot=shoot)]
    previews.begin(shoots=[shoot])
    with django_capture_on_commit_callbacks(execute=True):
        drain()
    listed = choosing.short_list(shoot=shoot)
    assert len(listed) == len(before) == 4
    for candidate in listed:
        picture = seen(shoot, candidate)
        assert picture.size == (800, 1000)
        assert near(picture.getpixel((5, 5)), (0x20, 0x40, 0x60))
        # The person stands on it.
        assert np.asarray(picture, float)[420, 400].sum() > 200
    assert not [key for key in before if vault().exists(key)]
    # Again there is nothing to do.
    assert previews.make(shoot_id=shoot.pk) == 0


def test_what_cannot_be_cut_out_is_shown_as_it_was_drawn(shoot: Shoot) -> None:
    blank = choosing.short_list(shoot=shoot)[0]
    stream = io.BytesIO()
    Image.new("RGB", (384, 384), (90, 120, 90)).save(stream, "PNG")
    vault().put(blank.file, stream.getvalue())
    assert previews.make(shoot_id=shoot.pk) == 3
    kept = Candidate.objects.get(pk=blank.pk)
    assert kept.finished == blank.finished
    assert seen(shoot, kept).size[0] > 0


def test_a_lost_task_is_queued_again_until_it_is_given_up(shoot: Shoot) -> None:
    def since(minutes: int) -> int:
        Shoot.objects.update(state_since=timezone.now() - timedelta(minutes=minutes))
        return previews.begin_missing()

    assert since(1) == 0
    assert since(5) == 1
    assert since(60) == 0
    previews.make(shoot_id=shoot.pk)
    assert since(5) == 0


def test_two_tasks_at_once_leave_each_picture_where_it_is_shown(
    shoot: Shoot, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    """A task that was thought lost while it waited is queued again, and both find work."""
    made = previews._make
    first = {"to begin": True}

    def overtaken(*given):
        if first.pop("to begin", False):
            assert previews.make(shoot_id=shoot.pk) == 4
        return made(*given)

    monkeypatch.setattr(previews, "_make", overtaken)
    with django_capture_on_commit_callbacks(execute=True):
        assert previews.make(shoot_id=shoot.pk) == 0
    assert len(choosing.short_list(shoot=shoot)) == 4
    for candidate in choosing.short_list(shoot=shoot):
        assert near(seen(shoot, candidate).getpixel((5, 5)), (0x20, 0x40, 0x60))
    # What the later one made is not kept beside them.
    shown = {candidate.finished for candidate in Candidate.objects.filter(shoot=shoot)}
    drawn = set(Candidate.objects.filter(shoot=shoot).values_list("file", flat=True))
    assert set(vault().keys(f"{shoot.folder}/candidates")) == shown | drawn


def test_a_new_plate_reaches_those_who_still_choose(world: World, shoot: Shoot) -> None:
    previews.make(shoot_id=shoot.pk)
    other = sit(world, 2)
    Shoot.objects.filter(pk=other.pk).update(order=shoot.order)
    other.refresh_from_db()
    drain()
    made = refinishing.start(actor=SYSTEM, order=shoot.order, finish=finish_in(world, "#f0e0d0"))
    drain()
    refinishing.approve(actor=SYSTEM, refinish=made)
    drain()
    assert len(choosing.short_list(shoot=shoot)) == 4
    for candidate in choosing.short_list(shoot=shoot):
        assert near(seen(shoot, candidate).getpixel((5, 5)), (0xF0, 0xE0, 0xD0))


def test_whoever_has_left_meanwhile_gets_none(
    world: World, shoot: Shoot, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        choosing.opt_out(actor=world.actor, shoot=shoot)
    assert previews.make(shoot_id=shoot.pk) == 0
    assert not list(vault().keys(shoot.folder))
