"""More pictures, another look, and the promised turnaround: what is held, taken, given back."""

from __future__ import annotations

import pkgutil
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts.actors import SYSTEM, employee_actor
from accounts.models import AuditEntry, Employee
from billing import ledger
from billing.models import CreditEntry
from billing.recount import recount
from generation import states
from generation.approving import choosing
from generation.models import Candidate, Look, Selfie, Shoot, State
from generation.ordering import add_ons, another_look, looks, orders, promises, settling
from generation.photos import handing_in
from generation.storage import vault
from headshots.lib.ids import uuid7
from headshots.lib.problems import Problem
from tests.browser.queue import forget
from tests.world import DIRECTION, World, bring, give_candidates, with_adapter


def stands(world: World) -> tuple[int, int]:
    balance = ledger.balance(organisation=world.organisation)
    return balance.available, balance.held


def chosen_from(shoot: Shoot, passed: int) -> None:
    """As the worker ends its part: so many pictures of this round have passed."""
    give_more(shoot, passed)
    with transaction.atomic():
        locked = states.locked(shoot.pk)
        for to in (State.TRAINING, State.GENERATING, State.CHOOSING):
            states.move(actor=SYSTEM, shoot=locked, to=to)
        settling.settle_more(shoot=locked)
    shoot.refresh_from_db()


def give_more(shoot: Shoot, count: int) -> None:
    """More candidates that passed, beside those that are there."""
    first = shoot.candidates.filter(round=shoot.round).count()
    for number in range(first, count):
        old = shoot.candidates.first()
        assert old is not None
        old.pk, old.number, old._state.adding = uuid7(), number, True
        old.round = shoot.round
        old.save()


def approve(shoot: Shoot) -> None:
    picked = choosing.short_list(shoot=shoot)[0]
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=picked)
    choosing.approve(actor=SYSTEM, shoot=shoot)
    shoot.refresh_from_db()


def ordered_with_more(world: World) -> Shoot:
    return bring(world.order(more_pictures=True).shoots.get(), State.QUEUED)


def test_more_pictures_from_the_start_cost_their_price(world: World) -> None:
    shoot = ordered_with_more(world)
    assert (shoot.wanted, stands(world)) == (8, (98, 2))
    give_candidates(shoot, 9)
    chosen_from(shoot, 9)
    # Eight at a time; the ninth can be picked all the same.
    found = choosing.choice(shoot=shoot)
    assert (len(found.short_list), len(found.others)) == (8, 1)
    approve(shoot)
    assert stands(world) == (98, 0)
    assert shoot.charged == 2
    assert list(recount()) == []


def test_too_few_more_pictures_are_not_paid(world: World) -> None:
    shoot = ordered_with_more(world)
    give_candidates(shoot, 5)
    chosen_from(shoot, 5)
    approve(shoot)
    assert stands(world) == (99, 0)
    assert shoot.charged == 1
    back = CreditEntry.objects.get(kind="release")
    assert (back.amount, back.note) == (1, "Too few more pictures passed")


def test_the_orders_page_and_the_ledger_name_the_same_credits_as_held(
    world: World, client: Client
) -> None:
    """Also while what too few pictures passed for waits for the approval, to be given back."""
    client.force_login(world.owner)
    shoot = ordered_with_more(world)
    page = reverse("order", args=[world.organisation.slug, shoot.order_id])
    world.shoot(State.CHOOSING)  # of another order
    give_candidates(shoot, 5)
    chosen_from(shoot, 5)
    assert stands(world) == (97, 3)
    assert "2 credits are held." in client.get(page).content.decode()
    add_ons.more_pictures(actor=world.actor, shoot=shoot)
    assert stands(world) == (96, 4)
    assert "3 credits are held." in client.get(page).content.decode()
    chosen_from(shoot, 5)
    approve(shoot)
    assert stands(world) == (98, 1)
    said = client.get(page).content.decode()
    assert "is held." not in said
    assert "are held." not in said
    assert "1 was taken for what you approved." in said


def test_more_pictures_while_choosing_keep_those_that_are_there(world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    add_ons.more_pictures(actor=world.actor, shoot=shoot)
    shoot.refresh_from_db()
    assert (shoot.state, shoot.round, shoot.wanted) == (State.QUEUED, 1, 8)
    assert stands(world) == (98, 2)
    assert Candidate.objects.filter(shoot=shoot).count() == 4
    assert not hasattr(Shoot.objects.get(pk=shoot.pk), "headshot")
    chosen_from(shoot, 8)
    with pytest.raises(Problem) as refused:
        add_ons.more_pictures(actor=world.actor, shoot=shoot)
    assert refused.value.code == "had_more"
    approve(shoot)
    assert (stands(world), shoot.charged) == ((98, 0), 2)


def test_more_pictures_that_did_not_pass_come_back_at_once(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    add_ons.more_pictures(actor=world.actor, shoot=shoot)
    chosen_from(shoot, 7)
    assert stands(world) == (99, 1)
    approve(shoot)
    assert (stands(world), shoot.charged) == ((99, 0), 1)


@pytest.mark.parametrize("again", [0, 5])
def test_more_pictures_that_were_had_are_paid_whatever_a_later_round_gives(
    world: World, again: int
) -> None:
    shoot = ordered_with_more(world)
    give_candidates(shoot, 8)
    chosen_from(shoot, 8)
    choosing.ask_again(actor=employee_actor(shoot.employee), shoot=shoot)
    shoot.refresh_from_db()
    chosen_from(shoot, again)
    assert (shoot.credits, shoot.wanted) == (2, 8)
    approve(shoot)
    assert (stands(world), shoot.charged) == ((98, 0), 2)


def test_more_pictures_that_were_given_up_are_not_drawn_for_nothing_in_a_later_round(
    world: World,
) -> None:
    shoot = world.shoot(State.CHOOSING)
    add_ons.more_pictures(actor=world.actor, shoot=shoot)
    chosen_from(shoot, 7)
    choosing.ask_again(actor=employee_actor(shoot.employee), shoot=shoot)
    shoot.refresh_from_db()
    assert (shoot.credits, shoot.wanted) == (1, 4)
    chosen_from(shoot, 4)
    assert shoot.credits == 1
    # They can be had again, for their price.
    add_ons.more_pictures(actor=world.actor, shoot=shoot)
    assert stands(world) == (98, 2)


@pytest.mark.parametrize("end", [State.OPTED_OUT, State.CANCELLED, State.FAILED, State.WITHDRAWN])
def test_every_credit_of_a_shoot_comes_back_however_it_ends(world: World, end: State) -> None:
    shoot = world.shoot(State.CHOOSING)
    add_ons.more_pictures(actor=world.actor, shoot=shoot)
    with transaction.atomic():
        states.move(actor=SYSTEM, shoot=states.locked(shoot.pk), to=end)
    assert stands(world) == (100, 0)


def test_better_photos_hold_all_of_it_again(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    add_ons.more_pictures(actor=world.actor, shoot=shoot)
    with transaction.atomic():
        locked = states.locked(shoot.pk)
        states.move(actor=SYSTEM, shoot=locked, to=State.TRAINING)
        states.move(actor=SYSTEM, shoot=locked, to=State.COLLECTING)
    assert stands(world) == (100, 0)
    assert orders.credits_promised(organisation=world.organisation) == 2
    handing_in.hand_in(actor=employee_actor(shoot.employee), shoot=shoot)
    assert stands(world) == (98, 2)


class Crash(Exception):
    """The process ends here."""


@pytest.mark.parametrize(
    ("at", "calls"),
    [
        ("generation.approving.choosing.ledger.capture", 1),
        ("generation.approving.choosing.ledger.capture", 2),
        ("generation.approving.choosing.ledger.release", 1),
        ("generation.approving.choosing.events.emit", 2),
        ("generation.approving.choosing.notices.notify", 1),
    ],
)
def test_a_crash_in_an_approval_takes_nothing(world: World, at: str, calls: int) -> None:
    """Of a shoot that has two holds of which one is given back in part: all of it or nothing."""
    shoot = ordered_with_more(world)
    give_candidates(shoot, 5)
    chosen_from(shoot, 5)
    add_ons.more_pictures(actor=world.actor, shoot=shoot)
    give_more(shoot, 12)
    chosen_from(shoot, 12)
    picked = choosing.short_list(shoot=shoot)[0]
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=picked)
    before = (stands(world), CreditEntry.objects.count())
    real = pkgutil.resolve_name(at)
    left = [calls]

    def crash(**what: object) -> object:
        left[0] -= 1
        if not left[0]:
            raise Crash
        return real(**what)

    with patch(at, crash), pytest.raises(Crash):
        choosing.approve(actor=SYSTEM, shoot=shoot)
    shoot.refresh_from_db()
    assert (shoot.state, shoot.charged) == (State.APPROVING, 0)
    assert (stands(world), CreditEntry.objects.count()) == before
    choosing.approve(actor=SYSTEM, shoot=shoot)
    shoot.refresh_from_db()
    assert (stands(world), shoot.charged) == ((98, 0), 2)
    assert list(recount()) == []


def test_without_a_credit_nothing_is_asked_for(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    ledger.adjust(actor=SYSTEM, organisation=world.organisation, amount=-99, reason="Test")
    with pytest.raises(Problem):
        add_ons.more_pictures(actor=world.actor, shoot=shoot)
    shoot.refresh_from_db()
    assert (shoot.state, shoot.wanted, shoot.credits) == (State.CHOOSING, 4, 1)


def test_a_missed_promise_gives_back_and_the_work_goes_on_free(world: World, settings: Any) -> None:
    settings.PROMISED_HOURS = 5
    shoot, punctual = world.shoot(State.GENERATING), world.shoot(State.QUEUED)
    assert (promises.sweep(), stands(world)) == (0, (98, 2))
    Shoot.objects.filter(pk=shoot.pk).update(queued_at=timezone.now() - timedelta(hours=6))
    assert [promises.sweep(), promises.sweep()] == [1, 0]
    assert stands(world) == (99, 1)
    shoot.refresh_from_db()
    punctual.refresh_from_db()
    assert shoot.state == State.GENERATING
    assert (shoot.made_free_at is not None, punctual.made_free_at) == (True, None)
    assert AuditEntry.objects.filter(action="shoot.made_free").count() == 1
    give_candidates(shoot)
    with transaction.atomic():
        states.move(actor=SYSTEM, shoot=states.locked(shoot.pk), to=State.CHOOSING)
    shoot.refresh_from_db()
    approve(shoot)
    assert (shoot.state, shoot.charged) == (State.DELIVERED, 0)
    assert stands(world) == (99, 1)


def test_a_free_shoot_stays_free_when_photos_are_handed_in_again(
    world: World, settings: Any
) -> None:
    settings.PROMISED_HOURS = 1
    shoot = world.shoot(State.TRAINING)
    Shoot.objects.update(queued_at=timezone.now() - timedelta(hours=2))
    promises.sweep()
    with transaction.atomic():
        states.move(actor=SYSTEM, shoot=states.locked(shoot.pk), to=State.COLLECTING)
    handing_in.hand_in(actor=employee_actor(shoot.employee), shoot=shoot)
    assert stands(world) == (100, 0)


def test_orders_keep_the_promise_they_were_placed_with(world: World, settings: Any) -> None:
    settings.PROMISED_HOURS = 0
    shoot = world.shoot(State.QUEUED)
    settings.PROMISED_HOURS = 1
    Shoot.objects.update(queued_at=timezone.now() - timedelta(hours=99))
    assert promises.sweep() == 0
    assert shoot.order.promised_hours is None


@pytest.fixture
def other(world: World) -> Look:
    return looks.save_look(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Outside",
        **{**DIRECTION, "expression": "smile"},
    )


def test_another_look_asks_nobody_for_photos_and_trains_nothing_again(
    world: World, other: Look
) -> None:
    shoot = with_adapter(world.shoot(State.CHOOSING))
    made = another_look.place(actor=world.actor, order=shoot.order, look=other, shoots=[shoot])
    second = made.shoots.get()
    assert (second.state, second.release_id) == (State.COLLECTING, shoot.release_id)
    assert [another_look.begin(shoot_id=second.pk) for _ in range(2)] == [True, False]
    second.refresh_from_db()
    assert (second.state, second.adapter_steps) == (State.QUEUED, 77)
    assert stands(world) == (98, 2)
    assert vault().read(second.adapter) == b"weights"
    assert second.selfies.count() == shoot.selfies.count()
    # Its own files: what is destroyed of the first is not taken from the second.
    vault().delete_tree(shoot.folder)
    assert all(vault().exists(selfie.file) for selfie in second.selfies.all())


def test_photos_that_are_gone_make_no_other_look(world: World, other: Look) -> None:
    shoot = with_adapter(world.shoot(State.CHOOSING))
    made = another_look.place(actor=world.actor, order=shoot.order, look=other, shoots=[shoot])
    Selfie.objects.filter(shoot=shoot).delete()
    second = made.shoots.get()
    assert not another_look.begin(shoot_id=second.pk)
    second.refresh_from_db()
    assert (second.state, stands(world)) == (State.CANCELLED, (99, 1))
    assert "destroyed" in second.message
    Shoot.objects.filter(pk=shoot.pk).update(inputs_destroyed_at=timezone.now())
    with pytest.raises(Problem) as refused:
        another_look.place(actor=world.actor, order=shoot.order, look=other, shoots=[shoot])
    assert refused.value.code == "photos_gone"


def test_another_look_by_its_page(world: World, other: Look, client: Client) -> None:
    client.force_login(world.owner)
    shoot = with_adapter(world.shoot(State.CHOOSING))
    slug = world.organisation.slug
    page = client.get(reverse("order", args=[slug, shoot.order_id])).content.decode()
    url = reverse("order_another_look", args=[slug, shoot.order_id])
    assert url in page
    assert shoot.employee.name in client.get(url).content.decode()
    same = client.post(url, {"look": world.look.pk, "shoots": [shoot.pk]})
    assert same.status_code == 422
    done = client.post(url, {"look": other.pk, "shoots": [shoot.pk]}, follow=True)
    assert f"{shoot.order.name}, Outside" in done.content.decode()


def test_no_other_look_is_made_of_who_has_left(world: World, other: Look) -> None:
    here, gone = world.order(2).shoots.all()
    for shoot in (here, gone):
        with_adapter(bring(shoot, State.DELIVERED))
    Employee.objects.filter(pk=gone.employee_id).update(status=Employee.Status.LEFT)
    assert list(another_look.possible(here.order)) == [here]
    with pytest.raises(Problem, match="has left") as refused:
        another_look.place(actor=world.actor, order=here.order, look=other, shoots=[here, gone])
    assert refused.value.code == "photos_gone"


def test_beginnings_take_turns(world: World, other: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as one fails each time, the others come all the same."""
    shoots = [with_adapter(bring(one, State.CHOOSING)) for one in world.order(2).shoots.all()]
    made = another_look.place(actor=world.actor, order=shoots[0].order, look=other, shoots=shoots)
    monkeypatch.setattr(another_look, "A_SWEEP", 1)
    Shoot.objects.update(state_since=timezone.now() - timedelta(minutes=5))
    forget("default")
    assert [another_look.begin_missing() for _ in range(3)] == [1, 1, 0]
    begun = "generation.tasks.begin_another_look"
    queued = [one.task["args"][0] for one in OrmQ.objects.all() if one.func() == begun]
    assert sorted(queued) == sorted(str(pk) for pk in made.shoots.values_list("pk", flat=True))


def test_a_lost_beginning_is_begun_again(world: World, other: Look) -> None:
    shoot = with_adapter(world.shoot(State.CHOOSING))
    another_look.place(actor=world.actor, order=shoot.order, look=other, shoots=[shoot])
    assert another_look.begin_missing() == 0
    Shoot.objects.update(state_since=timezone.now() - timedelta(minutes=5))
    assert another_look.begin_missing() == 1
