"""The life of a shoot: what may follow what, and what happens to its credit and photos."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.actors import SYSTEM, employee_actor
from accounts.models import AuditEntry
from billing import ledger
from billing.models import CreditEntry
from generation import states
from generation.approving import choosing
from generation.dispatch import claims
from generation.dispatch.sitters import Sitter, back_to_collecting
from generation.inviting import signing
from generation.leaving import retention
from generation.models import Order, Selfie, Shoot, State
from generation.ordering import orders
from generation.photos import handing_in, selfies
from generation.storage import vault
from headshots.lib.problems import Problem
from tests.world import (
    World,
    bring,
    give_candidates,
    give_selfies,
    jpeg,
    make_world,
    sign,
    token,
)


def balance(world: World) -> tuple[int, int]:
    found = ledger.balance(organisation=world.organisation)
    return found.available, found.held


def test_the_table_knows_every_state_and_ends_stay_ended() -> None:
    assert set(states.TRANSITIONS) == set(State)
    # Whatever ended can still be taken back by its person, and by nobody else into anything.
    for ended in states.ENDED - {State.WITHDRAWN}:
        assert states.TRANSITIONS[ended] == {State.WITHDRAWN}
    assert states.TRANSITIONS[State.WITHDRAWN] == frozenset()


def test_every_step_outside_the_table_is_refused(world: World) -> None:
    shoot = world.shoot()
    for was in State:
        for to in set(State) - states.TRANSITIONS[was]:
            shoot.state = was
            with pytest.raises(Problem), transaction.atomic():
                states.move(actor=SYSTEM, shoot=shoot, to=to)


def test_the_credit_is_held_at_hand_in_and_taken_at_approval(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    assert balance(world) == (100, 0)
    give_selfies(shoot)
    handing_in.hand_in(actor=SYSTEM, shoot=shoot)
    assert balance(world) == (99, 1)
    other = world.shoot(State.APPROVING)
    assert balance(world) == (98, 2)
    choosing.approve(actor=SYSTEM, shoot=other)
    choosing.approve(actor=SYSTEM, shoot=other)
    assert balance(world) == (98, 1)


@pytest.mark.parametrize("state", [State.QUEUED, State.GENERATING, State.CHOOSING, State.APPROVING])
def test_ending_early_gives_the_credit_back(world: World, state: State) -> None:
    shoot = world.shoot(state)
    assert balance(world) == (99, 1)
    orders.cancel_shoot(actor=SYSTEM, shoot=shoot)
    assert balance(world) == (100, 0)


def test_better_photos_free_the_credit_until_they_are_handed_in(world: World) -> None:
    shoot = world.shoot(State.GENERATING)
    with transaction.atomic():
        states.move(
            actor=SYSTEM,
            shoot=states.locked(shoot.pk),
            to=State.COLLECTING,
            fence=shoot.fence,
            message="Please send sharper photos.",
        )
    assert balance(world) == (100, 0)
    handing_in.hand_in(actor=SYSTEM, shoot=shoot)
    assert balance(world) == (99, 1)


def test_nothing_comes_before_the_release(world: World) -> None:
    shoot = world.shoot()
    with pytest.raises(Problem, match="Sign the release first"):
        selfies.add_selfie(actor=SYSTEM, shoot=shoot, data=jpeg(), name="a.jpg")
    assert not Selfie.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Shoot.objects.filter(pk=shoot.pk).update(state=State.TRAINING)


def test_signing_keeps_what_was_signed(world: World) -> None:
    shoot = world.shoot()
    with pytest.raises(Problem, match="has changed"):
        signing.sign_release(
            actor=employee_actor(shoot.employee), shoot=shoot, typed_name="A B", read_hash="old"
        )
    sign(shoot)
    shoot.refresh_from_db()
    assert shoot.state == State.COLLECTING
    assert shoot.release.typed_name == "Somebody"
    assert len(shoot.release.text_hash) == 64


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"hello, I am text", "a.jpg"), (jpeg()[:2000], "a.jpg"), (b"", "a.jpg")],
)
def test_a_bad_photo_is_named_and_the_others_stay(world: World, data: bytes, sentence: str) -> None:
    shoot = world.shoot(State.COLLECTING)
    selfies.add_selfie(actor=SYSTEM, shoot=shoot, data=jpeg(1), name="good.jpg")
    with pytest.raises(Problem, match=sentence):
        selfies.add_selfie(actor=SYSTEM, shoot=shoot, data=data, name="a.jpg")
    assert [s.name for s in shoot.selfies.all()] == ["good.jpg"]
    assert len(list(vault().keys(shoot.folder))) == 1


def test_the_same_file_twice_is_one_photo(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    one = selfies.add_selfie(actor=SYSTEM, shoot=shoot, data=jpeg(1), name="a.jpg")
    two = selfies.add_selfie(actor=SYSTEM, shoot=shoot, data=jpeg(1), name="b.jpg")
    assert one == two


def test_too_few_photos_are_not_handed_in(world: World) -> None:
    shoot = world.shoot(State.COLLECTING)
    give_selfies(shoot, 4)
    with pytest.raises(Problem, match="Add 2 more"):
        handing_in.hand_in(actor=SYSTEM, shoot=shoot)
    assert balance(world) == (100, 0)


@pytest.mark.parametrize("state", [State.CHOOSING, State.APPROVING, State.DELIVERED])
def test_a_page_left_open_takes_no_pictures_and_no_pick_away(
    world: World, client: Client, state: State
) -> None:
    """Its button hands in what was handed in long ago."""
    shoot = world.shoot(state)
    before = balance(world)
    said = client.post(reverse("employee:hand_in", args=[token(shoot)]))
    assert said.status_code == 409
    assert "No photos are awaited any more" in said.content.decode()
    shoot.refresh_from_db()
    assert (shoot.state, balance(world)) == (state, before)
    assert hasattr(shoot, "headshot") == (state != State.CHOOSING)
    with pytest.raises(Problem) as refused:
        handing_in.hand_in(actor=SYSTEM, shoot=shoot)
    assert refused.value.code == "transition"


def test_handing_in_once_more_while_it_is_worked_on_changes_nothing(world: World) -> None:
    shoot = world.shoot(State.GENERATING)
    assert handing_in.hand_in(actor=SYSTEM, shoot=shoot).state == State.GENERATING
    assert balance(world) == (99, 1)


def test_an_order_larger_than_the_credits_is_refused_whole(db: None) -> None:
    world = make_world(credits=2)
    with pytest.raises(Problem, match="3 credits are missing"):
        world.order(5)
    assert not Order.objects.exists()
    assert balance(world) == (2, 0)
    world.order(2)
    with pytest.raises(Problem, match="1 credit is missing"):
        world.order(1)


def test_an_order_of_an_organisation_in_debt_says_what_is_owed(db: None) -> None:
    world = make_world(credits=4)
    who = {"actor": SYSTEM, "organisation": world.organisation}
    ledger.hold(**who, amount=4, source_key="used")
    ledger.capture(**who, source_key="used")
    ledger.claw_back(**who, grant_key="tests", source_key="refund")
    before = list(CreditEntry.objects.values())
    with pytest.raises(Problem, match=r"4 credits are owed .* 2 credits .* Buy at least 6") as owed:
        world.order(2)
    assert (owed.value.code, owed.value.status) == ("credits_missing", 402)
    assert not Order.objects.exists()
    assert list(CreditEntry.objects.values()) == before
    ledger.grant(**who, amount=6, source_key="bought")
    assert world.order(2).shoots.count() == 2


def test_orders_keep_the_look_they_froze(world: World) -> None:
    from generation.ordering import looks
    from tests.world import DIRECTION

    order = world.order()
    newer = looks.save_look(
        actor=SYSTEM,
        organisation=world.organisation,
        name=world.look.name,
        **{**DIRECTION, "attire": "white shirt"},
    )
    assert newer.version == 2
    assert Order.objects.get(pk=order.pk).direction.attire == "navy suit"


def test_another_organisations_people_cannot_be_ordered(world: World) -> None:
    other = make_world("Other")
    with pytest.raises(Problem) as refused:
        world.order(0, employees=other.hire(1))
    assert refused.value.status == 404


def test_picking_again_until_approved(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    first, second = choosing.short_list(shoot=shoot)[:2]
    choosing.pick(actor=SYSTEM, shoot=shoot, candidate=first)
    choosing.pick(actor=SYSTEM, shoot=shoot, candidate=second)
    shoot.refresh_from_db()
    assert shoot.headshot.candidate == second
    choosing.approve(actor=SYSTEM, shoot=shoot)
    with pytest.raises(Problem):
        choosing.pick(actor=SYSTEM, shoot=shoot, candidate=first)


def test_the_short_list_is_the_likest_and_short(world: World) -> None:
    shoot = world.shoot(State.GENERATING)
    give_candidates(shoot, 9)
    listed = choosing.short_list(shoot=shoot)
    assert len(listed) == choosing.SHORT_LIST
    assert [c.likeness_own for c in listed] == sorted(c.likeness_own for c in listed)


def test_sending_back_needs_a_reason_and_says_it(world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    with pytest.raises(Problem, match="what is wrong"):
        choosing.send_back(actor=SYSTEM, shoot=shoot, reason=" ")
    choosing.send_back(actor=SYSTEM, shoot=shoot, reason="The tie is crooked.")
    shoot.refresh_from_db()
    assert (shoot.state, shoot.message) == (State.CHOOSING, "The tie is crooked.")
    assert balance(world) == (99, 1)


def test_new_rounds_are_bounded_and_cost_nothing(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    for number in range(2, choosing.MOST_AGAIN + 2):
        choosing.ask_again(actor=SYSTEM, shoot=shoot, reason="not me")
        shoot.refresh_from_db()
        assert (shoot.state, shoot.round, shoot.attempts) == (State.QUEUED, number, 0)
        for to in (State.TRAINING, State.GENERATING, State.CHOOSING):
            with transaction.atomic():
                locked = states.locked(shoot.pk)
                states.move(actor=SYSTEM, shoot=locked, to=to, fence=locked.fence)
        shoot.refresh_from_db()
    with pytest.raises(Problem, match="pick the best"):
        choosing.ask_again(actor=SYSTEM, shoot=shoot, reason="not me")
    assert balance(world) == (99, 1)


def test_other_photos_do_not_count_as_asking_for_new_pictures(world: World, client: Client) -> None:
    """Whoever's photos failed twice sees their first list, and has all of their say about it."""
    shoot = world.shoot(State.QUEUED)
    for _ in range(2):
        (claim,) = claims.claim(worker="w", people=1)
        shoot = Shoot.objects.select_related("order").get(pk=shoot.pk)
        sitter = Sitter(claim, shoot, [], np.zeros((0, 128)), 0.5)
        assert back_to_collecting(sitter, "Send other photos.")
        handing_in.hand_in(actor=SYSTEM, shoot=shoot)
    with transaction.atomic():
        locked = states.locked(shoot.pk)
        for to in (State.TRAINING, State.GENERATING, State.CHOOSING):
            states.move(actor=SYSTEM, shoot=locked, to=to, fence=locked.fence)
    give_candidates(Shoot.objects.get(pk=shoot.pk))
    page = client.get(reverse("employee:start", args=[token(shoot)])).content.decode()
    assert "This can be done 2 more times." in page
    choosing.ask_again(actor=employee_actor(shoot.employee), shoot=shoot, because=["face"])
    assert Shoot.objects.get(pk=shoot.pk).state == State.QUEUED


@pytest.mark.django_db(transaction=True)
def test_opting_out_destroys_photos_and_pictures() -> None:
    world = make_world()
    shoot = world.shoot(State.CHOOSING)
    assert list(vault().keys(shoot.folder))
    choosing.opt_out(actor=employee_actor(shoot.employee), shoot=shoot)
    shoot.refresh_from_db()
    assert shoot.state == State.OPTED_OUT
    assert not shoot.selfies.exists()
    assert not shoot.candidates.exists()
    assert not list(vault().keys(shoot.folder))
    assert balance(world) == (100, 0)


@pytest.mark.django_db(transaction=True)
def test_photos_go_when_the_whole_order_has_ended() -> None:
    world = make_world()
    order = world.order(2)
    first, second = (bring(shoot, State.APPROVING) for shoot in order.shoots.all())
    choosing.approve(actor=SYSTEM, shoot=first)
    retention.sweep()
    assert first.selfies.exists()
    choosing.approve(actor=SYSTEM, shoot=second)
    retention.sweep()
    assert not Selfie.objects.exists()
    kept = list(vault().keys(first.folder))
    assert kept
    assert all("/candidates/" in key for key in kept)


def test_every_transition_is_written_down(world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    acts = AuditEntry.objects.filter(object_id=str(shoot.pk)).values_list("action", flat=True)
    assert {f"shoot.{state}" for state in State if state in states.TRANSITIONS} >= {
        act for act in acts if act.startswith("shoot.")
    }
    assert {"shoot.collecting", "shoot.queued", "shoot.delivered", "headshot.picked"} <= set(acts)
