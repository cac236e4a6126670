"""What somebody can pick from: eight at a time, likest first, and nothing that was seen is lost."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actors import employee_actor
from generation.approving import approvals, choosing
from generation.models import Candidate, Shoot, State
from headshots.lib.problems import Problem
from tests.api.program import Program
from tests.world import World, bring, give_candidates, token


def with_rounds(world: World, *rounds: int, wanted: int = 12) -> Shoot:
    """A shoot that chooses, with so many pictures in each round; each round is less alike than the
    one before."""
    shoot = bring(world.order().shoots.get(), State.CHOOSING)
    shoot.candidates.all().delete()
    for number, count in enumerate(rounds, 1):
        Shoot.objects.filter(pk=shoot.pk).update(round=number, wanted=wanted)
        shoot.refresh_from_db()
        for one in give_candidates(shoot, count):
            likeness = 0.2 + number / 10 + one.number / 1000
            Candidate.objects.filter(pk=one.pk).update(likeness_own=likeness)
    return shoot


def likeness(listed: list[Candidate]) -> list[float]:
    return [one.likeness_own or 0 for one in listed]


def test_what_is_bought_besides_is_shown_eight_at_a_time_and_all_of_it(world: World) -> None:
    shoot = with_rounds(world, 14)
    found = choosing.choice(shoot=shoot)
    assert (len(found.short_list), len(found.others)) == (choosing.MOST_SHOWN, 6)
    everything = likeness(found.short_list + found.others)
    assert everything == sorted(everything)


def test_a_new_round_is_the_list_and_what_was_seen_before_stays_beside_it(world: World) -> None:
    shoot = with_rounds(world, 4, 5, wanted=4)
    found = choosing.choice(shoot=shoot)
    assert {one.round for one in found.short_list} == {2}
    assert [one.round for one in found.others] == [1] * 4
    for listed in (found.short_list, found.others):
        assert likeness(listed) == sorted(likeness(listed))


def test_a_favourite_from_the_far_end_is_on_the_list_and_the_list_no_longer_for_it(
    world: World,
) -> None:
    shoot = with_rounds(world, 14)
    favourite = choosing.choice(shoot=shoot).others[-1]
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=favourite)
    found = choosing.choice(shoot=shoot)
    assert favourite in found.short_list
    assert (len(found.short_list), len(found.others)) == (8, 6)
    choosing.ask_again(actor=employee_actor(shoot.employee), shoot=shoot)
    shoot.refresh_from_db()
    give_candidates(shoot, 10)
    found = choosing.choice(shoot=shoot)
    assert favourite in found.short_list
    assert [one.round for one in found.short_list].count(2) == 7
    assert len(found.others) == 3 + 13


def test_other_clothes_than_the_ordered_ones_come_last_however_like(world: World) -> None:
    shoot = with_rounds(world, 6, wanted=4)
    likest = choosing.choice(shoot=shoot).likest
    assert likest is not None
    for flag, place in (("hair", 0), ("attire", -1)):
        Candidate.objects.filter(pk=likest.pk).update(receipt={"flags": [flag]})
        assert choosing.short_list(shoot=shoot)[place] == likest


def test_what_the_organisation_rejected_is_neither_listed_nor_picked(world: World) -> None:
    shoot = with_rounds(world, 4, wanted=4)
    actor = employee_actor(shoot.employee)
    rejected = choosing.short_list(shoot=shoot)[1]
    choosing.pick(actor=actor, shoot=shoot, candidate=rejected)
    approvals.make_anew(actor=world.actor, shoot=shoot, fault="clothes")
    shoot.refresh_from_db()
    give_candidates(shoot, 4)
    Shoot.objects.filter(pk=shoot.pk).update(state=State.CHOOSING)
    offered = choosing.offered(shoot=shoot)
    assert (len(offered), rejected in offered) == (7, False)
    rejected.refresh_from_db()
    with pytest.raises(Problem) as refused:
        choosing.pick(actor=actor, shoot=shoot, candidate=rejected)
    assert refused.value.code == "not_listed"
    # Not even after another pick, whose mark the rejected one had.
    choosing.pick(actor=actor, shoot=shoot, candidate=offered[0])
    assert rejected not in choosing.offered(shoot=shoot)


def test_the_only_picture_there_is_is_offered_again_although_it_was_rejected(world: World) -> None:
    shoot = with_rounds(world, 1, wanted=4)
    (only,) = choosing.short_list(shoot=shoot)
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=only)
    approvals.make_anew(actor=world.actor, shoot=shoot, fault="clothes")
    Shoot.objects.filter(pk=shoot.pk).update(state=State.CHOOSING)
    only.refresh_from_db()
    assert choosing.offered(shoot=shoot) == [only]
    choosing.pick(actor=employee_actor(shoot.employee), shoot=shoot, candidate=only)


def shown(page: str) -> tuple[list[str], list[list[str]]]:
    """The pictures that can be chosen on a page: those seen at once, and those of each fold."""
    parts = page.split('<details class="card others"')
    chosen = [re.findall(r"/pick/([0-9a-f-]{36})", part) for part in parts]
    listed, *folded = [list(dict.fromkeys(each)) for each in chosen]
    return listed, folded


def test_the_employees_page_shows_eight_and_folds_the_others(world: World, client: Client) -> None:
    shoot = with_rounds(world, 14, 6)
    listed, folded = shown(client.get(f"/i/{token(shoot)}/").content.decode())
    found = choosing.choice(shoot=shoot)
    assert listed == [str(one.pk) for one in found.short_list]
    assert [len(each) for each in folded] == [8, 6]
    assert [pk for each in folded for pk in each] == [str(one.pk) for one in found.others]
    client.post(f"/i/{token(shoot)}/pick/{folded[1][0]}")
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING
    listed, folded = shown(client.get(f"/i/{token(shoot)}/").content.decode())
    assert (len(listed), [len(each) for each in folded]) == (6, [8, 5])


def test_the_likest_of_all_is_named_wherever_it_stands(world: World, client: Client) -> None:
    shoot = with_rounds(world, 4, 4, wanted=4)
    found = choosing.choice(shoot=shoot)
    assert found.likest == found.others[0]
    page = client.get(f"/i/{token(shoot)}/").content.decode()
    before, folded = page.split('<details class="card others"')
    assert (before.count("Most like you"), folded.count("Most like you")) == (0, 1)


def test_the_administrators_page_folds_them_as_well_and_any_can_be_approved_before(
    world: World, client: Client
) -> None:
    shoot = with_rounds(world, 14)
    client.force_login(world.owner)
    place = {"slug": world.organisation.slug, "shoot_id": shoot.pk}
    page = client.get(reverse("shoot", kwargs=place)).content.decode()
    found = choosing.choice(shoot=shoot)
    before, after = page.split('<details class="card others"')
    assert before.count('name="candidates"') == 8
    assert after.count('name="candidates"') == 6
    wanted = str(found.others[2].pk)
    client.post(reverse("shoot_before", kwargs=place), {"candidates": [wanted]})
    approved = Candidate.objects.get(shoot=shoot, approved_at__isnull=False)
    assert str(approved.pk) == wanted


def test_a_program_is_given_the_same_in_the_same_order(world: World) -> None:
    shoot = with_rounds(world, 14, 3)
    program = Program.of(world.organisation)
    place = f"shoots/{shoot.pk}/candidates"
    found = choosing.choice(shoot=shoot)
    for query, rows in (("", found.short_list), ("?others=true", found.others)):
        answer = program.get(f"{place}{query}").json()
        assert [one["id"] for one in answer["data"]] == [str(one.pk) for one in rows]
    # Page after page as well.
    first = program.get(f"{place}?others=true&limit=10").json()
    rest = program.get(f"{place}?others=true&limit=10&cursor={first['next_cursor']}").json()
    ids = [one["id"] for one in first["data"] + rest["data"]]
    assert ids == [str(one.pk) for one in found.others]


def test_a_choice_is_read_in_two_queries_however_much_there_is(
    world: World, django_assert_num_queries: object
) -> None:
    for rounds in ((4,), (14, 14, 14)):
        shoot = with_rounds(world, *rounds)
        with django_assert_num_queries(2):  # type: ignore[operator]
            choosing.choice(shoot=shoot)
