"""Claims: no shoot twice, no write of a worker that lost its claim, no endless attempts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import SYSTEM, employee_actor
from billing import ledger
from generation import states
from generation.approving import choosing
from generation.dispatch import claims
from generation.models import Shoot, State
from headshots.lib.problems import Problem
from tests.races.together import together
from tests.world import World, bring, give_candidates, make_world, token

pytestmark = pytest.mark.django_db(transaction=True)


def queued(world: World, people: int) -> list[Shoot]:
    order = world.order(people)
    return [bring(shoot, State.QUEUED) for shoot in order.shoots.all()]


def expire(*shoots: Shoot) -> None:
    Shoot.objects.filter(pk__in=[s.pk for s in shoots]).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


def test_workers_at_once_never_claim_the_same_shoot() -> None:
    queued(make_world(), 6)
    results = together([lambda n=n: claims.claim(worker=f"w{n}", people=2) for n in range(6)])
    assert not [result for result in results if isinstance(result, Exception)]
    claimed = [c.shoot_id for result in results for c in result]
    assert len(claimed) == len(set(claimed))
    while more := claims.claim(worker="later", people=2):
        claimed += [c.shoot_id for c in more]
    assert len(claimed) == len(set(claimed)) == 6


def test_a_lease_that_lives_is_left_alone_and_a_dead_one_taken_over() -> None:
    (shoot,) = queued(make_world(), 1)
    (first,) = claims.claim(worker="a", people=1)
    assert claims.claim(worker="b", people=1) == []
    expire(shoot)
    (second,) = claims.claim(worker="b", people=1)
    assert second.fence > first.fence
    assert claims.renew([first]) == {shoot.pk}
    assert claims.renew([second]) == set()


def test_a_worker_that_slept_past_its_lease_writes_nothing() -> None:
    (shoot,) = queued(make_world(), 1)
    (slept,) = claims.claim(worker="a", people=1)
    expire(shoot)
    claims.claim(worker="b", people=1)
    with pytest.raises(Problem), transaction.atomic():
        states.move(
            actor=SYSTEM, shoot=states.locked(shoot.pk), to=State.TRAINING, fence=slept.fence
        )
    claims.progress(slept, step=9, steps=10)
    claims.put_off([slept])
    claims.give_back([slept])
    shoot.refresh_from_db()
    assert (shoot.state, shoot.step, shoot.worker) == (State.QUEUED, 0, "b")


def test_cancelling_shuts_the_worker_out() -> None:
    from generation.ordering import orders

    (shoot,) = queued(make_world(), 1)
    (held,) = claims.claim(worker="a", people=1)
    orders.cancel_shoot(actor=SYSTEM, shoot=shoot)
    assert claims.renew([held]) == {shoot.pk}
    with pytest.raises(Problem), transaction.atomic():
        states.move(
            actor=SYSTEM, shoot=states.locked(shoot.pk), to=State.TRAINING, fence=held.fence
        )


def test_five_deaths_fail_a_shoot_and_harm_no_neighbour() -> None:
    world = make_world()
    poison, *neighbours = queued(world, 3)
    for _ in range(20):
        held = claims.claim(worker="w", people=3)
        if not held:
            break
        if poison.pk in {c.shoot_id for c in held}:
            expire(poison, *neighbours)  # the process died with all that it had claimed
            continue
        for claim in held:
            with transaction.atomic():
                shoot = states.locked(claim.shoot_id)
                for to in (State.TRAINING, State.GENERATING, State.CHOOSING):
                    states.move(actor=SYSTEM, shoot=shoot, to=to, fence=claim.fence)
    assert claims.fail_exhausted() == 1
    poison.refresh_from_db()
    assert poison.state == State.FAILED
    assert poison.attempts == settings.MOST_ATTEMPTS
    assert "too often" in poison.message
    assert {Shoot.objects.get(pk=n.pk).state for n in neighbours} == {State.CHOOSING}
    balance = ledger.balance(organisation=world.organisation)
    assert (balance.available, balance.held) == (98, 2)


@pytest.mark.parametrize("made", [0, 2])
def test_a_redo_that_breaks_off_too_often_leaves_the_pictures_from_before(made: int) -> None:
    world = make_world()
    shoot = bring(world.order(more_pictures=True).shoots.get(), State.QUEUED)
    give_candidates(shoot, 8)
    with transaction.atomic():
        for to in (State.TRAINING, State.GENERATING, State.CHOOSING):
            states.move(actor=SYSTEM, shoot=states.locked(shoot.pk), to=to)
    choosing.ask_again(actor=employee_actor(shoot.employee), shoot=shoot)
    shoot.refresh_from_db()
    give_candidates(shoot, made)
    for _ in range(settings.MOST_ATTEMPTS):
        (held,) = claims.claim(worker="w", people=1)
        expire(shoot)
    assert claims.fail_exhausted() == 1
    shoot.refresh_from_db()
    assert (shoot.state, shoot.message) == (State.CHOOSING, states.BROKE_OFF)
    assert len(choosing.short_list(shoot=shoot)) == (made or 8)
    assert claims.renew([held]) == {shoot.pk}
    page = Client().get(reverse("employee:start", args=[token(shoot)])).content.decode()
    assert "broke off too often. Here are the ones that are there." in page
    assert "asks you to pick once more" not in page
    # All eight of the first round were had, so that they are paid.
    picked = choosing.short_list(shoot=shoot)[0]
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=picked)
    choosing.approve(actor=SYSTEM, shoot=shoot)
    balance = ledger.balance(organisation=world.organisation)
    assert (balance.available, balance.held) == (98, 0)


def test_a_polite_stop_costs_no_attempt() -> None:
    (shoot,) = queued(make_world(), 1)
    held = claims.claim(worker="a", people=1)
    claims.give_back(held)
    shoot.refresh_from_db()
    assert shoot.attempts == 0
    assert claims.claim(worker="b", people=1)


def test_handing_in_and_approving_from_many_tabs_counts_once() -> None:
    from generation.photos import handing_in

    world = make_world()
    shoot = world.shoot(State.COLLECTING)
    from tests.world import give_selfies

    give_selfies(shoot)
    together([lambda: handing_in.hand_in(actor=SYSTEM, shoot=shoot)] * 4)
    assert ledger.balance(organisation=world.organisation).held == 1
    ready = world.shoot(State.APPROVING)
    results = together([lambda: choosing.approve(actor=SYSTEM, shoot=ready)] * 4)
    assert not [r for r in results if isinstance(r, Exception)]
    balance = ledger.balance(organisation=world.organisation)
    assert (balance.available, balance.held) == (98, 1)


def test_two_orders_at_once_cannot_promise_the_same_credits() -> None:
    world = make_world(credits=3)
    people = world.hire(4)
    results = together(
        [
            lambda chosen=chosen: world.order(0, employees=chosen)
            for chosen in (people[:2], people[2:])
        ]
    )
    refused = [r for r in results if isinstance(r, Problem)]
    assert len(refused) == 1
    assert "1 credit is missing" in refused[0].sentence


def test_failed_attempts_pause_longer_each_time() -> None:
    (shoot,) = queued(make_world(), 1)
    pauses = []
    for _ in range(3):
        held = claims.claim(worker="a", people=1)
        claims.put_off(held)
        assert claims.claim(worker="b", people=1) == []
        shoot.refresh_from_db()
        assert shoot.lease_until is not None
        pauses.append((shoot.lease_until - timezone.now()).total_seconds())
        expire(shoot)
    assert 20 < pauses[0] < 31 < 100 < pauses[1] < 121 < pauses[2]
