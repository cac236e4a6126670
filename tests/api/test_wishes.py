"""What an employee wishes of their pictures, said in a partner's product."""

from __future__ import annotations

import pytest

from generation.models import Order, Shoot, State
from tests.api.program import Program, problem
from tests.world import DIRECTION, World


@pytest.fixture
def shoot(world: World) -> Shoot:
    """One whose look lets people choose between two."""
    made = world.shoot(State.COLLECTING)
    frozen = {**made.order.frozen_look, "attire_choices": ["white shirt"]}
    Order.objects.filter(pk=made.order_id).update(frozen_look=frozen)
    return Shoot.objects.select_related("order").get(pk=made.pk)


def test_wishes_are_noted_and_read(program: Program, shoot: Shoot) -> None:
    place = f"shoots/{shoot.pk}/wishes"
    first = program.get(place)
    assert first.json() == {
        "attire": "navy suit",
        "attires": ["navy suit", "white shirt"],
        "keep": [],
    }
    wanted = {"attire": "white shirt", "keep": ["beard", "glasses"]}
    noted = program.send("PUT", place, wanted, If_Match=first["ETag"])
    assert noted.json() == {**first.json(), "attire": "white shirt", "keep": ["glasses", "beard"]}
    shoot.refresh_from_db()
    assert (shoot.attire, shoot.keep) == ("white shirt", ["glasses", "beard"])
    problem(program.send("PUT", place, {}, If_Match=first["ETag"]), 412, "changed")
    # What is left out is none of the wishes any more.
    assert program.send("PUT", place, {}).json() == first.json()


def test_wishes_that_cannot_be_are_refused(program: Program, shoot: Shoot) -> None:
    place = f"shoots/{shoot.pk}/wishes"
    refused = problem(program.send("PUT", place, {"attire": "clown suit"}), 422, "attire")
    assert refused["field"] == "attire"
    problem(program.send("PUT", place, {"keep": ["moustache"]}), 422, "invalid")
    shoot.refresh_from_db()
    assert (shoot.attire, shoot.keep) == ("", [])


def test_who_reads_shoots_does_not_read_what_somebody_wears_on_the_head(
    world: World, shoot: Shoot
) -> None:
    reading = Program.of(world.organisation, ["shoots:read"])
    problem(reading.get(f"shoots/{shoot.pk}/wishes"), 403, "scope_missing")
    assert "keep" not in reading.get(f"shoots/{shoot.pk}").json()


def test_a_look_says_what_may_be_worn_instead(program: Program, world: World) -> None:
    body = {"name": "Free", **DIRECTION, "attire_choices": ["white shirt", "navy suit"]}
    look = program.post("looks", body).json()
    # The look's own is no choice besides.
    assert (look["attire"], look["attire_choices"]) == ("navy suit", ["white shirt"])
    (person,) = world.hire()
    order = program.post("orders", {"look": look["id"], "employees": [str(person.pk)]}).json()
    assert order["frozen_look"] == {**DIRECTION, "attire_choices": ["white shirt"]}
    (shoot,) = program.get(f"shoots?order={order['id']}").json()["data"]
    attires = program.get(f"shoots/{shoot['id']}/wishes").json()["attires"]
    assert attires == ["navy suit", "white shirt"]


def test_new_pictures_are_asked_for(program: Program, world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    said = {"because": ["hair", "age"], "reason": "I wear it parted on the left."}
    read = program.get(f"shoots/{shoot.pk}")["ETag"]
    answer = program.post(f"shoots/{shoot.pk}/ask-again", said, If_Match=read)
    assert (answer.json()["state"], answer.json()["round"]) == ("queued", shoot.round + 1)
    shoot.refresh_from_db()
    assert (shoot.asked_again, shoot.refusals) == (1, ["hair", "age"])
    entry = world.organisation.audit_entries.get(action="headshots.asked_again")
    assert entry.details["reason"] == said["reason"]
    problem(program.post(f"shoots/{shoot.pk}/ask-again", said), 409, "transition")
    problem(program.post(f"shoots/{shoot.pk}/ask-again", {"because": ["shoes"]}), 422, "invalid")
