"""Somebody's picture is held against colleagues whose photos came after it was drawn."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import employee_actor
from generation.approving import bounds, choosing, later_colleagues
from generation.dispatch import base_model
from generation.engine import faces
from generation.leaving import retention
from generation.models import Candidate, Selfie, Shoot, State
from generation.photos import descriptors
from generation.storage import vault
from tests.browser.queue import drain, forget
from tests.photographs import portrait
from tests.world import World, bring

LATER = "a colleague who gave photos later"
STILL = "still to be compared"


def apart(described: np.ndarray, by: float, towards: int) -> list[float]:
    """A descriptor that far away from another, in a direction of its own."""
    moved = described.copy()
    moved[towards] += by
    return [float(value) for value in moved]


def picked(shoot: Shoot, described: np.ndarray) -> Candidate:
    """They picked a real photograph, 0.3 from their own photos, and everybody who was there then
    was compared."""
    bring(shoot, State.APPROVING)
    Selfie.objects.filter(shoot=shoot).update(descriptor=apart(described, 0.3, 0))
    candidate = shoot.headshot.candidate
    out = io.BytesIO()
    portrait(400).save(out, "PNG")
    vault().put(candidate.file, out.getvalue())
    Candidate.objects.filter(pk=candidate.pk).update(
        likeness_own=0.3, receipt={"faces": 1}, compared_at=timezone.now()
    )
    forget("default")
    return candidate


@pytest.fixture(scope="module")
def described() -> np.ndarray:
    image, size = portrait(400), base_model.recipe().gate.enlarge_to
    return faces.describe(image, faces.detect(image, size)[0], size)


def reasons(shoot: Shoot) -> str:
    (judged,) = bounds.awaiting(order=shoot.order)
    assert judged.headshot.shoot_id == shoot.pk
    return " ".join(judged.reasons)


def test_who_looks_as_much_like_it_is_told_to_whoever_approves(
    world: World, client: Client, described: np.ndarray
) -> None:
    client.force_login(world.owner)
    one, like, unlike = world.order(3).shoots.all()
    candidate = picked(one, described)
    assert STILL not in reasons(one)
    assert later_colleagues.begin() == 0

    for shoot, by in ((like, 0.32), (unlike, 0.45)):
        bring(shoot, State.QUEUED)
        Selfie.objects.filter(shoot=shoot).update(descriptor=apart(described, by, 1))
    # Until it is compared, nobody approves it unseen.
    assert STILL in reasons(one)
    assert later_colleagues.begin() == 1
    drain()
    candidate.refresh_from_db()
    assert candidate.receipt["best_colleague"] == str(like.pk)
    assert candidate.likeness_best_colleague == pytest.approx(0.32, abs=0.02)
    assert LATER in reasons(one)
    assert STILL not in reasons(one)
    assert later_colleagues.begin() == 0
    slug = world.organisation.slug
    assert LATER in client.get(reverse("shoot", args=[slug, one.pk])).content.decode()
    assert LATER in client.get(reverse("order_review", args=[slug, one.order_id])).content.decode()

    # Whoever leaves is in nobody's figures, and is no reason any more.
    choosing.opt_out(actor=employee_actor(like.employee), shoot=like)
    retention.clear_remains()
    assert LATER not in reasons(one)


def test_strangers_need_no_look_at_the_picture(
    world: World, described: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = world.order(2).shoots.all()
    candidate = picked(one, described)
    bring(two, State.QUEUED)
    monkeypatch.setattr(faces, "detect", lambda *said: pytest.fail("The picture was looked at."))
    assert later_colleagues.begin() == 1
    assert not later_colleagues.compare(headshot_id=one.headshot.pk)
    candidate.refresh_from_db()
    assert (candidate.likeness_best_colleague, candidate.receipt) == (0.6, {"faces": 1})
    assert later_colleagues.begin() == 0


def test_a_picture_whose_file_is_gone_holds_nothing_up(world: World, described: np.ndarray) -> None:
    one, two = world.order(2).shoots.all()
    candidate = picked(one, described)
    vault().delete(candidate.file)
    bring(two, State.QUEUED)
    Selfie.objects.filter(shoot=two).update(descriptor=apart(described, 0.32, 1))
    assert not later_colleagues.compare(headshot_id=one.headshot.pk)
    assert later_colleagues.begin() == 0


def test_descriptors_of_many_are_those_that_are_stored(world: World) -> None:
    order = world.order(3)
    for shoot, state in zip(
        order.shoots.all(), (State.QUEUED, State.QUEUED, State.INVITED), strict=True
    ):
        bring(shoot, state)
    found = descriptors.by_shoot(Q(shoot__order=order))
    one, two, _invited = order.shoots.all()
    assert set(found) == {str(one.pk), str(two.pk)}
    for shoot in (one, two):
        stored = [list(row) for row in found[str(shoot.pk)]]
        kept = Selfie.objects.filter(shoot=shoot).order_by("pk")
        assert stored == list(kept.values_list("descriptor", flat=True))
    assert descriptors.by_shoot(Q(shoot=_invited)) == {}
