"""Wishes and refusals change what is made next."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actors import SYSTEM, employee_actor
from generation.approving import choosing
from generation.engine import gate
from generation.engine.specs import GateSpec
from generation.models import Selfie, Shoot, State
from generation.ordering import looks
from generation.photos import demands, wishes
from generation.photos.variety import of
from headshots.lib.problems import Problem
from tests.world import DIRECTION, World, bring, give_candidates, token


@pytest.fixture
def shoot(world: World) -> Shoot:
    world.look = looks.save_look(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Studio",
        attire_choices=["white shirt", "green sweater"],
        **DIRECTION,
    )
    return world.shoot(State.COLLECTING)


def test_only_attire_that_the_look_allows_can_be_wished(shoot: Shoot) -> None:
    actor = employee_actor(shoot.employee)
    assert wishes.attires(shoot) == ["navy suit", "white shirt", "green sweater"]
    saved = wishes.save(actor=actor, shoot=shoot, attire="green sweater", keep=["glasses"])
    assert demands.look(saved).attire == "green sweater"
    with pytest.raises(Problem, match="does not include"):
        wishes.save(actor=actor, shoot=shoot, attire="black suit", keep=[])
    with pytest.raises(Problem):
        wishes.save(actor=actor, shoot=shoot, attire="", keep=["nose"])
    assert Shoot.objects.get(pk=shoot.pk).attire == "green sweater"


def test_what_shall_stay_makes_pictures_without_it_fail(shoot: Shoot) -> None:
    actor = employee_actor(shoot.employee)
    saved = wishes.save(
        actor=actor, shoot=shoot, attire="", keep=["glasses", "head_covering", "hearing_aid"]
    )
    assert demands.strict(saved) == {"glasses_missing", "hair"}
    assert wishes.to_look_for(saved) == ["Hearing aid"]


def test_a_look_with_other_choices_is_its_next_version(world: World) -> None:
    same = looks.save_look(
        actor=SYSTEM, organisation=world.organisation, name="Studio", **DIRECTION
    )
    assert same.version == 1
    changed = looks.save_look(
        actor=SYSTEM,
        organisation=world.organisation,
        name="Studio",
        attire_choices=["white shirt", "navy suit"],
        **DIRECTION,
    )
    assert (changed.version, changed.attire_choices) == (2, ["white shirt"])
    with pytest.raises(Problem):
        looks.save_look(
            actor=SYSTEM,
            organisation=world.organisation,
            name="Studio",
            attire_choices=["pyjamas"],
            **DIRECTION,
        )


def test_a_refusal_makes_the_next_round_otherwise(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    before = demands.look(shoot)
    choosing.ask_again(
        actor=SYSTEM, shoot=shoot, because=["face", "hair", "expression"], reason="curly"
    )
    shoot.refresh_from_db()
    assert shoot.round == 2
    assert demands.look(shoot).expression != before.expression
    assert demands.look(shoot).backdrop == before.backdrop
    assert demands.strict(shoot) == {"hair"}
    # Nearer than the middle of what was refused: 0.30, 0.31, 0.32, 0.33.
    assert demands.bound(shoot, 0.5) == pytest.approx(0.315)
    assert demands.bound(shoot, 0.2) == 0.2


def test_a_strict_flag_refuses_a_picture_and_names_it() -> None:
    from dataclasses import replace

    from tests.generation.engine.test_appearance import PLAIN, glasses, photos, seen

    picture, _face = seen(PLAIN, 45)
    worn = photos(glasses(PLAIN))
    from generation.engine import faces

    own = [faces.describe(picture, faces.detect(picture)[0]).tolist()] * 3
    spec = replace(GateSpec(), sharpness_min=0.0)
    loose = gate.judge(picture, own, {}, spec, appearances=worn)
    assert loose.passed
    assert loose.flags == ("glasses_missing",)
    strict = gate.judge(picture, own, {}, spec, appearances=worn, strict={"glasses_missing"})
    assert not strict.passed
    assert strict.sentence == "The glasses of the photos are missing."


def test_a_round_that_gave_nothing_leaves_the_earlier_pictures(world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    shown = choosing.short_list(shoot=shoot)
    choosing.ask_again(actor=SYSTEM, shoot=shoot, because=["face"])
    assert choosing.short_list(shoot=Shoot.objects.get(pk=shoot.pk)) == shown
    shoot.refresh_from_db()
    newer = give_candidates(shoot, 4)
    assert choosing.short_list(shoot=shoot) == newer


def test_variety_counts_places_angles_and_light() -> None:
    def photo(mark: int, yaw: float, brightness: float) -> Selfie:
        cells = bytes((mark * 97 * (i + 1)) % 251 for i in range(256)).hex()
        measures = {"fingerprint": cells, "yaw": yaw, "brightness": brightness}
        return Selfie(verdict=Selfie.Verdict.ACCEPTED, measures=measures)

    alike = of([photo(1, 0.0, 150) for _ in range(6)])
    assert (alike.places, alike.angles, alike.lights) == (1, 1, 1)
    assert alike.wanting == "places"
    mixed = of([photo(1, 0.0, 150), photo(2, 0.2, 190), photo(3, -0.2, 150)])
    assert mixed.enough
    assert mixed.share == 100


def test_wishes_close_while_pictures_are_made(world: World, client: Client) -> None:
    shoot = bring(world.shoot(), State.TRAINING)
    answer = client.post(reverse("employee:wish", args=[token(shoot)]), {"keep": "glasses"})
    assert answer.status_code == 409
    assert Shoot.objects.get(pk=shoot.pk).keep == []
