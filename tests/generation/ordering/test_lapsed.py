"""Orders do not wait for people who never answer, once their link has run out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Event, Invitation
from billing import ledger
from generation.inviting import personal_links
from generation.leaving import retention
from generation.models import Order, Shoot, State
from generation.ordering import orders
from generation.photos import handing_in
from headshots.lib.problems import Problem
from tests.world import World, bring, give_selfies, make_world, sign


@pytest.fixture
def world(db: None) -> World:
    return make_world(credits=3)


def run_out(*shoots: Shoot) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Invitation.objects.filter(shoot__in=shoots).update(expires_at=past)


def completed() -> int:
    return Event.objects.filter(type="order.completed").count()


@pytest.fixture
def unanswered(world: World) -> tuple[Order, list[Shoot]]:
    """One has their headshot; one never came, and one never sent photos."""
    order = world.order(3)
    shoots = list(order.shoots.all())
    bring(shoots[0], State.DELIVERED)
    sign(shoots[2])
    return order, shoots


def test_credits_are_free_again(world: World, unanswered: tuple[Order, list[Shoot]]) -> None:
    _order, (_done, never, silent) = unanswered
    assert orders.credits_promised(organisation=world.organisation) == 2
    with pytest.raises(Problem, match="2 credits are missing"):
        world.order(2)
    run_out(never, silent)
    assert orders.credits_promised(organisation=world.organisation) == 0
    # A link that is sent again counts again.
    never.refresh_from_db()
    personal_links.send_again(actor=world.actor, shoot=never)
    assert orders.credits_promised(organisation=world.organisation) == 1
    world.order(1)


def test_the_order_is_complete_and_its_photos_go(
    world: World, unanswered: tuple[Order, list[Shoot]]
) -> None:
    order, (done, never, silent) = unanswered
    run_out(never)
    assert (orders.note_lapsed(), completed()) == (0, 0)
    assert retention.sweep()["inputs_destroyed"] == 0
    run_out(silent)
    for new in (1, 0):
        assert (orders.note_lapsed(), completed()) == (new, 1)
    assert Event.objects.get(type="order.completed").object_id == str(order.pk)
    assert retention.sweep()["inputs_destroyed"] == 1
    assert not done.selfies.exists()
    # Whoever has a new link goes on as ever.
    silent.refresh_from_db()
    personal_links.send_again(actor=world.actor, shoot=silent)
    give_selfies(silent)
    assert handing_in.hand_in(actor=world.actor, shoot=silent).state == State.QUEUED


def test_photos_that_wait_for_credits_are_waited_for(
    world: World, unanswered: tuple[Order, list[Shoot]]
) -> None:
    _order, (_done, never, silent) = unanswered
    give_selfies(silent)
    ledger.hold(actor=world.actor, organisation=world.organisation, amount=2, source_key="other")
    with pytest.raises(Problem):
        handing_in.hand_in(actor=world.actor, shoot=silent)
    run_out(never, silent)
    assert orders.credits_promised(organisation=world.organisation) == 1
    assert (orders.note_lapsed(), completed()) == (0, 0)
