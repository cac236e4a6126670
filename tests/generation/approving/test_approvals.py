"""Both have to say yes, in either order; what is not right is made anew, and nobody is blamed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import Actor, employee_actor
from accounts.models import Release
from billing import ledger
from generation import tasks
from generation.approving import approvals, bounds, choosing
from generation.approving.rejections import Fault
from generation.finishing import finishes, rendition_table, renditions
from generation.models import (
    Candidate,
    Finish,
    Finishing,
    Headshot,
    Order,
    Refinish,
    Shoot,
    State,
)
from generation.ordering import orders
from headshots.lib.problems import Problem
from tests.generation.sitters import MEASURES
from tests.world import World, bring, everybody_compared, give_files, token


def overdue(shoot: Shoot) -> Shoot:
    Order.objects.filter(pk=shoot.order_id).update(due_at=timezone.now() - timedelta(hours=1))
    return Shoot.objects.get(pk=shoot.pk)


@pytest.mark.parametrize("ended", [State.DELIVERED, State.CANCELLED])
def test_pictures_that_nobody_picked_are_not_shown_once_it_is_over(
    world: World, client: Client, ended: State
) -> None:
    shoot = world.shoot(State.CHOOSING if ended == State.CANCELLED else State.APPROVING)
    slug = world.organisation.slug
    listed = [candidate.pk for candidate in choosing.short_list(shoot=shoot)]
    client.force_login(world.owner)

    def shown() -> list[UUID]:
        addresses = {pk: reverse("candidate_picture", args=[slug, pk]) for pk in listed}
        page = client.get(reverse("shoot", args=[slug, shoot.pk])).content.decode()
        seen = [pk for pk in listed if client.get(addresses[pk]).status_code == 200]
        assert seen == [pk for pk in listed if addresses[pk] in page]
        return seen

    assert shown() == listed
    if ended == State.CANCELLED:
        orders.cancel_shoot(actor=world.actor, shoot=shoot)
        assert shown() == []
    else:
        choosing.approve(actor=world.actor, shoot=shoot)
        assert shown() == [shoot.headshot.candidate_id]


def test_a_yes_before_the_pick_delivers_with_the_pick(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    good, other = choosing.short_list(shoot=shoot)[:2]
    approvals.approve_before(actor=world.actor, shoot=shoot, candidates=[good.pk])
    held = ledger.balance(organisation=world.organisation).held
    picker = employee_actor(shoot.employee)
    # Another picture than the approved one waits as ever.
    choosing.pick(actor=picker, shoot=shoot, candidate=other)
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING
    good.refresh_from_db()
    headshot = choosing.pick(actor=picker, shoot=shoot, candidate=good)
    shoot.refresh_from_db()
    assert shoot.state == State.DELIVERED
    assert headshot.approved_by == world.owner
    assert ledger.balance(organisation=world.organisation).held == held - 1


def test_a_yes_before_can_be_taken_back(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    good = choosing.short_list(shoot=shoot)[0]
    approvals.approve_before(actor=world.actor, shoot=shoot, candidates=[good.pk])
    approvals.approve_before(actor=world.actor, shoot=shoot, candidates=[])
    good.refresh_from_db()
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=good)
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING


def test_a_no_ends_the_yes_before_to_that_picture_alone(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    good, other = choosing.short_list(shoot=shoot)[:2]
    approvals.approve_before(actor=world.actor, shoot=shoot, candidates=[good.pk, other.pk])
    approvals.pick_for(actor=world.actor, shoot=overdue(shoot), candidate=good)
    choosing.send_back(actor=world.actor, shoot=shoot, reason="Another smile, please.")
    held = ledger.balance(organisation=world.organisation).held

    picker = employee_actor(shoot.employee)
    good.refresh_from_db()
    choosing.pick(actor=picker, shoot=shoot, candidate=good)
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING
    assert ledger.balance(organisation=world.organisation).held == held
    other.refresh_from_db()
    choosing.pick(actor=picker, shoot=shoot, candidate=other)
    shoot.refresh_from_db()
    assert shoot.state == State.DELIVERED


def test_before_the_due_date_the_choice_is_theirs(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    candidate = choosing.short_list(shoot=shoot)[0]
    with pytest.raises(Problem, match="theirs alone"):
        approvals.pick_for(actor=world.actor, shoot=shoot, candidate=candidate)


def test_a_release_without_the_sentence_leaves_the_choice_to_them(world: World) -> None:
    shoot = overdue(world.shoot(State.CHOOSING))
    Release.objects.filter(pk=shoot.release_id).update(text_version="2026-11")
    candidate = choosing.short_list(shoot=shoot)[0]
    with pytest.raises(Problem, match="release"):
        approvals.pick_for(actor=world.actor, shoot=shoot, candidate=candidate)


def test_after_it_an_administrator_picks_and_the_person_hears_of_it(world: World) -> None:
    shoot = overdue(world.shoot(State.CHOOSING))
    first, second = choosing.short_list(shoot=shoot)[:2]
    headshot = approvals.pick_for(actor=world.actor, shoot=shoot, candidate=first)
    assert headshot.picked_by == world.owner
    assert headshot.picked_in_their_place
    tasks.send_notices("picked", [str(shoot.pk)])
    (told,) = mail.outbox
    assert told.to == [shoot.employee.email]
    assert "picked for you" in told.subject
    assert "release you signed allows" in told.body
    # The person may still prefer another, and then it is their own pick.
    shoot.refresh_from_db()
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=second)
    again = Headshot.objects.get(shoot=shoot)
    assert again.candidate == second
    assert again.picked_by is None
    assert not again.picked_in_their_place
    # And it was no yes: that is still to be said.
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING


def test_a_picture_that_failed_the_check_is_nobodys_pick(world: World) -> None:
    shoot = overdue(world.shoot(State.CHOOSING))
    failed = Candidate.objects.create(
        shoot=shoot, round=1, number=99, seed=1, passed=False, receipt={}
    )
    for act in (
        lambda: approvals.pick_for(actor=world.actor, shoot=shoot, candidate=failed),
        lambda: approvals.approve_before(actor=world.actor, shoot=shoot, candidates=[failed.pk]),
    ):
        with pytest.raises(Problem, match="not on the list"):
            act()


def test_a_rejection_starts_new_pictures_and_says_why_kindly(world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    balance = ledger.balance(organisation=world.organisation)
    approvals.make_anew(
        actor=world.actor, shoot=shoot, fault=Fault.GLASSES, note="The frame is thinner."
    )
    shoot.refresh_from_db()
    assert (shoot.state, shoot.round, shoot.refusals) == (State.QUEUED, 2, ["glasses"])
    assert ledger.balance(organisation=world.organisation) == balance
    tasks.send_notices("redo", [str(shoot.pk)])
    (told,) = mail.outbox
    assert (
        "did not get your glasses right. In the words of Acme: “The frame is thinner.”" in told.body
    )
    assert "need not do anything" in told.body


def test_what_an_administrator_writes_reaches_the_person_as_their_words(
    world: World, client: Client
) -> None:
    """Never bare, as if the page said it: in the person's own language a kind sentence comes
    first, and what was written stands in quotation marks, whatever language it is in."""
    shoot = world.shoot(State.APPROVING)
    choosing.send_back(actor=world.actor, shoot=shoot, reason="Yuck, <b>that</b> tie.")
    page = client.get(reverse("employee:start", args=[token(shoot)])).content.decode()
    assert "asks you to pick another picture" in page
    assert "not about you. In the words of Acme: “Yuck, &lt;b&gt;that&lt;/b&gt; tie.”" in page
    tasks.send_notices("choose", [str(shoot.pk)])
    told = mail.outbox[-1]
    said = "It is about the picture and not about you; in their words: “Yuck, <b>that</b> tie.”"
    assert said in " ".join(told.body.split())
    assert "Yuck, &lt;b&gt;that" in str(told.alternatives[0][0])


def test_rounds_end_and_then_another_pick_is_asked_for(world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    Shoot.objects.filter(pk=shoot.pk).update(asked_again=choosing.MOST_AGAIN)
    with pytest.raises(Problem, match="another pick"):
        approvals.make_anew(actor=world.actor, shoot=shoot, fault=Fault.HAIR)
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING
    assert Headshot.objects.filter(shoot=shoot).exists()


def test_all_inside_the_bounds_are_approved_and_the_rest_is_said_why(world: World) -> None:
    order = world.order(4)
    shoots = [bring(shoot, State.APPROVING) for shoot in order.shoots.all()]
    for shoot in shoots:
        give_files(shoot)
    Finishing.objects.update(measures=MEASURES)
    everybody_compared()
    loose, flagged = shoots[1], shoots[2]
    Candidate.objects.filter(pk=loose.headshot.candidate_id).update(likeness_own=0.52)
    Candidate.objects.filter(pk=flagged.headshot.candidate_id).update(
        receipt={"flags": ["skin_tone"]}
    )
    outcome, left = bounds.approve_inside(actor=world.actor, order=order)
    assert outcome.count == 2
    assert {judged.headshot.shoot_id for judged in left} == {loose.pk, flagged.pk}
    assert "0.52" in left[0].reasons[0]
    assert order.shoots.filter(state=State.DELIVERED).count() == 2


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("hair_cut", "cuts the hair"),
        ("hair_missing", "cuts much of the hair"),
        ("shoulders_cut", "cuts a shoulder"),
        ("busy_backdrop", None),
        ("small", None),
    ],
)
def test_whose_hair_or_shoulder_is_cut_is_left_to_be_looked_at(
    world: World, note: str, said: str | None
) -> None:
    shoot = world.shoot(State.APPROVING)
    give_files(shoot)
    Finishing.objects.update(measures=MEASURES, notes=[note])
    everybody_compared()
    outcome, left = bounds.approve_inside(actor=world.actor, order=shoot.order)
    assert outcome.count == (said is None)
    reasons = [reason for judged in left for reason in judged.reasons]
    assert len(reasons) == len(left)
    assert said is None or said in reasons[0]


def test_what_was_not_rendered_or_measured_is_never_approved_unseen(world: World) -> None:
    """Nobody pays for what has no files, and nobody's are delivered that were not measured."""
    order = world.order(5)
    waits, failed, anew, unmeasured, good = (
        bring(shoot, State.APPROVING) for shoot in order.shoots.order_by("employee__last_name")
    )
    everybody_compared()
    for shoot in (anew, unmeasured, good):
        give_files(shoot)
    Finishing.objects.filter(headshot__shoot__in=[anew, good]).update(measures=MEASURES)
    Finishing.objects.filter(headshot__shoot=failed).update(
        state=Finishing.State.FAILED, sentence="No face was found."
    )
    # What an undecided change of plate tries is none of it.
    undecided = Refinish.objects.create(order=order, finish=another_finish(world))
    trial = renditions.begin(headshot=good.headshot, finish=undecided.finish, refinish=undecided)
    Finishing.objects.filter(pk=trial.pk).update(state=Finishing.State.FAILED, sentence="Tried.")
    # Files there are, and those of the plate that is in use now could not be made.
    broken = renditions.begin(headshot=anew.headshot, finish=another_finish(world))
    Finishing.objects.filter(pk=broken.pk).update(
        state=Finishing.State.FAILED, sentence="The file is gone."
    )
    credit = ledger.balance(organisation=world.organisation)
    outcome, left = bounds.approve_inside(actor=world.actor, order=order)
    assert outcome.count == 1
    assert {judged.headshot.shoot_id: judged.reasons for judged in left} == {
        waits.pk: ["The files are not rendered yet."],
        failed.pk: ["No face was found."],
        anew.pk: ["The file is gone."],
        unmeasured.pk: ["Its place and light could not be measured."],
    }
    assert list(order.shoots.filter(state=State.DELIVERED)) == [good]
    assert credit.held - ledger.balance(organisation=world.organisation).held == 1


def another_finish(world: World) -> Finish:
    before = finishes.newest(organisation=world.organisation, look_name=world.look.name)
    return finishes.save_finish(
        actor=world.actor,
        organisation=world.organisation,
        look_name=world.look.name,
        plate=None,
        renditions=rendition_table.rows(before.renditions),
        closer=10,
    )


def test_a_program_that_picks_in_their_place_does_not_say_yes_for_them(world: World) -> None:
    """Neither is a yes before the pick one to a pick that is not the employee's."""
    shoot = overdue(world.shoot(State.CHOOSING))
    picture = choosing.short_list(shoot=shoot)[0]
    approvals.approve_before(actor=world.actor, shoot=shoot, candidates=[picture.pk])
    key = Actor(kind="key", name="HR")
    approvals.pick_for(actor=key, shoot=shoot, candidate=picture)
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING
    assert Headshot.objects.get(shoot=shoot).picked_in_their_place
    # Their own pick, passed on by the program that showed it to them, is one.
    choosing.pick(actor=key, shoot=shoot, candidate=Candidate.objects.get(pk=picture.pk))
    shoot.refresh_from_db()
    assert shoot.state == State.DELIVERED
    assert not Headshot.objects.get(shoot=shoot).picked_in_their_place


def test_whoever_reviews_reads_that_a_program_picked_in_their_place(
    world: World, client: Client
) -> None:
    shoot = overdue(world.shoot(State.CHOOSING))
    own = bring(world.order(1).shoots.get(), State.APPROVING)
    key = Actor(kind="key", name="HR")
    approvals.pick_for(actor=key, shoot=shoot, candidate=choosing.short_list(shoot=shoot)[0])
    client.force_login(world.owner)

    def shown(name: str, about: object) -> str:
        where = [world.organisation.slug, about]
        return client.get(reverse(name, args=where)).content.decode()

    assert "Picked in their place" in shown("order_review", shoot.order_id)
    assert "Picked in their place" not in shown("order_review", own.order_id)
    page = shown("shoot", shoot.pk)
    assert "Picked in their place" in page
    assert f"Picked by {shoot.employee.name}" not in page
    assert f"Picked by {own.employee.name}" in shown("shoot", own.pk)
    # And so does the person.
    address = reverse("employee:start", args=[token(own)])
    assert "picked this for you" not in client.get(address).content.decode()
    address = reverse("employee:start", args=[token(shoot)])
    assert "picked this for you" in client.get(address, follow=True).content.decode()


def test_a_yes_to_a_picture_that_was_swapped_meanwhile_is_refused(world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    seen = shoot.headshot.candidate_id
    other = choosing.short_list(shoot=shoot)[1]
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=other)
    with pytest.raises(Problem, match="another picture"):
        choosing.approve(actor=world.actor, shoot=shoot, picked=seen)
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING
