"""Photos are kept for thirty days at most, wherever their shoot stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.consent.releases import RETENTION_DAYS
from billing import ledger
from generation import states
from generation.approving import approvals, choosing
from generation.delivering import exports
from generation.dispatch import claims
from generation.leaving import retention
from generation.models import Candidate, Export, Headshot, Selfie, Shoot, State
from generation.ordering import add_ons, another_look, looks, orders
from generation.photos import handing_in, selfies
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.browser.queue import drain
from tests.world import (
    DIRECTION,
    World,
    bring,
    give_files,
    give_selfies,
    jpeg,
    make_world,
    token,
    with_adapter,
)

pytestmark = pytest.mark.django_db(transaction=True)
RESERVE = retention.RESERVE


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def age(shoot: Shoot, *, left: timedelta) -> None:
    """Make its photos so old that this is left of the time they may be kept."""
    old = timezone.now() - timedelta(days=RETENTION_DAYS) + left
    Selfie.objects.filter(shoot=shoot).update(created_at=old)


def inputs(shoot: Shoot) -> list[str]:
    kinds = ("selfies", "adapter", "uploads")
    return [key for kind in kinds for key in vault().keys(f"{shoot.folder}/{kind}")]


@pytest.mark.parametrize("state", [State.CHOOSING, State.APPROVING, State.DELIVERED])
def test_pictures_stay_and_what_they_were_made_of_goes(world: World, state: State) -> None:
    one, colleague = world.order(2).shoots.all()
    shoot = with_adapter(bring(one, state))
    bring(colleague, State.COLLECTING)
    age(shoot, left=RESERVE + timedelta(hours=1))
    retention.sweep()
    assert Selfie.objects.filter(shoot=shoot).count() == 6
    age(shoot, left=RESERVE - timedelta(minutes=1))
    assert retention.sweep()["inputs_destroyed"] == 1
    assert inputs(shoot) == []
    assert not Selfie.objects.filter(shoot=shoot).exists()
    shoot.refresh_from_db()
    assert (shoot.state, shoot.adapter) == (state, "")
    assert shoot.inputs_destroyed_at is not None
    assert Candidate.objects.filter(shoot=shoot).count() == 4
    assert retention.sweep()["inputs_destroyed"] == 0


def test_without_photos_a_choice_is_not_given_away_for_new_pictures(
    world: World, client: Client
) -> None:
    shoot = world.shoot(State.APPROVING)
    picked = shoot.headshot.candidate_id
    age(shoot, left=timedelta(hours=1))
    retention.sweep()
    answer = client.post(reverse("employee:again", args=[token(shoot)]), {"because": ["face"]})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Your photos have been destroyed, as you were promised" in page
    assert "Make new ones" not in page
    assert "No new pictures can be made any more" in page
    with pytest.raises(Problem, match="Ask for another pick"):
        approvals.make_anew(actor=world.actor, shoot=shoot, fault="hair")
    balance = ledger.balance(organisation=world.organisation)
    with pytest.raises(Problem, match="no more pictures"):
        add_ons.more_pictures(actor=world.actor, shoot=shoot)
    assert ledger.balance(organisation=world.organisation) == balance
    shoot = Shoot.objects.get(pk=shoot.pk)
    assert (shoot.state, shoot.round) == (State.APPROVING, 1)
    assert shoot.headshot.candidate_id == picked
    client.force_login(world.owner)
    page = client.get(reverse("shoot", args=[world.organisation.slug, shoot.pk])).content.decode()
    for way in ("shoot_anew", "shoot_more"):
        assert reverse(way, args=[world.organisation.slug, shoot.pk]) not in page


@pytest.mark.parametrize("at", [State.CHOOSING, State.APPROVING])
def test_pictures_of_a_cancelled_part_go_with_its_photos_once_the_order_has_ended(
    world: World, at: State
) -> None:
    one, colleague = world.order(2).shoots.all()
    shoot = bring(one, at)
    bring(colleague, State.APPROVING)
    give_files(colleague)
    orders.cancel_shoot(actor=world.actor, shoot=shoot)
    retention.sweep()
    assert Candidate.objects.filter(shoot=shoot).count() == 4
    choosing.approve(actor=world.actor, shoot=colleague)
    export = exports.begin(actor=world.actor, organisation=world.organisation, order=one.order)
    drain()
    # Also of somebody whose photos went before.
    if at == State.APPROVING:
        retention.destroy_inputs(actor=world.actor, shoot=shoot)
    assert retention.sweep()["inputs_destroyed"] == 2
    assert list(vault().keys(shoot.folder)) == []
    assert not Candidate.objects.filter(shoot=shoot).exists()
    assert not Headshot.objects.filter(shoot=shoot).exists()
    shoot.refresh_from_db()
    assert (shoot.state, shoot.destroyed) == (State.CANCELLED, 4)
    # What was delivered of a colleague stays, and so does the ZIP that somebody may be fetching.
    assert vault().exists(colleague.headshot.candidate.finished)
    export.refresh_from_db()
    assert export.state == Export.State.READY
    assert vault().exists(export.file)
    assert retention.sweep()["inputs_destroyed"] == 0


def test_whoever_collects_reads_why_and_can_begin_again(world: World, client: Client) -> None:
    shoot = world.shoot(State.COLLECTING)
    give_selfies(shoot)
    age(shoot, left=timedelta(hours=1))
    fresh = selfies.add_selfie(actor=world.actor, shoot=shoot, data=jpeg(77), name="new.jpg")
    retention.sweep()
    assert [photo.pk for photo in Selfie.objects.filter(shoot=shoot)] == [fresh.pk]
    assert inputs(shoot) == [fresh.file]
    page = client.get(reverse("employee:start", args=[token(shoot)])).content.decode()
    assert "your photos were destroyed at most 30 days after" in page
    drain()
    assert [m.subject for m in mail.outbox if "destroyed" in m.subject] == [
        "Your photos are destroyed; new ones are needed"
    ]
    # The next photos are kept in their turn, and are destroyed in theirs.
    give_selfies(shoot)
    assert retention.sweep()["inputs_destroyed"] == 0
    age(shoot, left=timedelta(0))
    assert retention.sweep()["inputs_destroyed"] == 1
    assert inputs(shoot) == []


def test_work_under_way_has_the_last_day_and_no_longer(world: World) -> None:
    shoot = with_adapter(world.shoot(State.QUEUED))
    (claim,) = claims.claim(worker="w", people=1)
    age(shoot, left=timedelta(minutes=5))
    retention.sweep()
    assert claims.renew([claim]) == set()
    assert len(inputs(shoot)) == 7
    age(shoot, left=-timedelta(minutes=1))
    retention.sweep()
    assert claims.renew([claim]) == {shoot.pk}
    assert inputs(shoot) == []
    shoot.refresh_from_db()
    assert (shoot.state, shoot.adapter) == (State.COLLECTING, "")
    assert "destroyed" in shoot.message
    assert ledger.balance(organisation=world.organisation).held == 0
    drain()
    assert "Your photos are destroyed; new ones are needed" in [m.subject for m in mail.outbox]
    # New photos can be handed in, and begin a time of their own.
    give_selfies(shoot)
    handing_in.hand_in(actor=world.actor, shoot=shoot)
    retention.sweep()
    assert len(inputs(shoot)) == 6


@pytest.mark.parametrize("at", [State.QUEUED, State.TRAINING, State.GENERATING])
def test_a_redo_that_is_not_done_by_then_leaves_the_pictures_from_before(
    world: World, at: State
) -> None:
    shoot = with_adapter(world.shoot(State.APPROVING))
    choosing.ask_again(actor=world.actor, shoot=shoot)
    if at != State.QUEUED:
        Shoot.objects.filter(pk=shoot.pk).update(state=at)
    (claim,) = claims.claim(worker="w", people=1)
    age(shoot, left=-timedelta(minutes=1))
    retention.sweep()
    assert claims.renew([claim]) == {shoot.pk}
    assert inputs(shoot) == []
    shoot.refresh_from_db()
    assert (shoot.state, shoot.message) == (State.CHOOSING, states.PHOTOS_WENT)
    assert len(choosing.short_list(shoot=shoot)) == 4
    assert ledger.balance(organisation=world.organisation).held == 1
    drain()
    subjects = [m.subject for m in mail.outbox]
    assert "Your headshots are ready to choose from" in subjects
    assert "Your photos are destroyed; new ones are needed" not in subjects
    picked = choosing.short_list(shoot=shoot)[0]
    choosing.pick(actor=world.actor, shoot=shoot, candidate=picked)
    choosing.approve(actor=world.actor, shoot=shoot)
    assert ledger.balance(organisation=world.organisation) == ledger.Balance(99, 0)


def test_copies_for_another_look_are_as_old_as_the_photos(world: World) -> None:
    shoot = with_adapter(world.shoot(State.CHOOSING))
    age(shoot, left=timedelta(days=2))
    other = looks.save_look(
        actor=world.actor,
        organisation=world.organisation,
        name="Outside",
        **{**DIRECTION, "expression": "smile"},
    )
    made = another_look.place(actor=world.actor, order=shoot.order, look=other, shoots=[shoot])
    second = made.shoots.get()
    assert another_look.begin(shoot_id=second.pk)
    mine, copies = (
        list(Selfie.objects.filter(shoot=one).values_list("created_at", flat=True).distinct())
        for one in (shoot, second)
    )
    assert copies == mine
