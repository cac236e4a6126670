"""Photos turn out to be of no use when more pictures are asked for: those from before are still
there to choose from."""

from __future__ import annotations

import numpy as np
import pytest
from django.core import mail
from django.test import Client

from accounts.actors import employee_actor
from billing import ledger
from generation import states
from generation.approving import choosing
from generation.dispatch import claims, sitters, worker
from generation.models import Selfie, Shoot, State
from generation.photos import selfies
from generation.storage import vault
from tests.browser.queue import drain
from tests.world import World, give_candidates, token, with_adapter

pytestmark = pytest.mark.django_db(transaction=True)


def claimed(shoot: Shoot) -> sitters.Sitter:
    """What a worker has of a shoot that it has just claimed."""
    (claim,) = claims.claim(worker="w", people=1)
    photos = list(Selfie.objects.filter(shoot=shoot))
    own = np.array([one.descriptor for one in photos], dtype=np.float64)
    found = sitters.Sitter(claim, Shoot.objects.get(pk=shoot.pk), photos, own, threshold=0.5)
    assert found.shoot.state == State.QUEUED
    return found


def asked_again(world: World) -> Shoot:
    shoot = with_adapter(world.shoot(State.CHOOSING))
    choosing.ask_again(actor=employee_actor(shoot.employee), shoot=shoot, because=["hair"])
    shoot.refresh_from_db()
    return shoot


def test_whoever_has_pictures_from_before_chooses_of_those(world: World, client: Client) -> None:
    shoot = asked_again(world)
    before = choosing.short_list(shoot=shoot)
    sitter = claimed(shoot)
    vault().delete(sitter.selfies[0].file)
    assert not worker._photos_suffice(sitter)
    shoot.refresh_from_db()
    assert (shoot.state, shoot.message) == (State.CHOOSING, states.PHOTOS_NO_USE)
    assert (shoot.adapter, list(vault().keys(f"{shoot.folder}/adapter"))) == ("", [])
    # The credit is still held for what they pick.
    assert ledger.balance(organisation=world.organisation).held == 1
    page = client.get(f"/i/{token(shoot)}/").content.decode()
    assert "No more pictures could be made of your photos." in page
    assert "asks you to pick another picture" not in page
    assert all(f"/pick/{one.pk}" in page for one in before)
    drain()
    subjects = [message.subject for message in mail.outbox]
    assert "Your headshots are ready to choose from" in subjects
    assert "Your photos are destroyed; new ones are needed" not in subjects
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=before[0])
    choosing.approve(actor=world.actor, shoot=shoot)
    assert ledger.balance(organisation=world.organisation) == ledger.Balance(99, 0)
    assert claims.renew([sitter.claim]) == {shoot.pk}


def test_the_photos_that_are_left_serve_when_new_pictures_are_asked_for_once_more(
    world: World,
) -> None:
    shoot = asked_again(world)
    sitter = claimed(shoot)
    vault().delete(sitter.selfies[0].file)
    worker._photos_suffice(sitter)
    shoot.refresh_from_db()
    choosing.ask_again(actor=employee_actor(shoot.employee), shoot=shoot)
    again = claimed(shoot)
    assert len(again.selfies) == selfies.LEAST - 1
    assert worker._photos_suffice(again)


@pytest.mark.parametrize("made", [0, 3])
def test_without_pictures_whose_files_are_there_photos_are_asked_for(
    world: World, made: int
) -> None:
    shoot = world.shoot(State.QUEUED)
    for one in give_candidates(shoot, made):
        vault().delete(one.finished)
    sitter = claimed(shoot)
    assert sitters.back_to_collecting(sitter, "Please exchange a photo.")
    shoot.refresh_from_db()
    assert (shoot.state, shoot.message) == (State.COLLECTING, "Please exchange a photo.")
    assert ledger.balance(organisation=world.organisation) == ledger.Balance(100, 0)


def test_a_claim_that_was_lost_changes_nothing(world: World) -> None:
    shoot = asked_again(world)
    sitter = claimed(shoot)
    Shoot.objects.filter(pk=shoot.pk).update(fence=sitter.claim.fence + 1)
    assert not sitters.back_to_collecting(sitter, "Please exchange a photo.")
    shoot.refresh_from_db()
    assert (shoot.state, bool(shoot.adapter)) == (State.QUEUED, True)
    assert vault().exists(shoot.adapter)
