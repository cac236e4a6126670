"""Whatever is said where an operation takes no body is refused, not overlooked."""

from __future__ import annotations

import pytest

from accounts.models import Employee
from generation.models import State
from tests.api.program import Program, problem
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("act", ["cancel", "approve"])
def test_fields_are_refused_where_none_are_heard(program: Program, world: World, act: str) -> None:
    """Whoever names one person has not meant them all."""
    shoot = world.shoot(State.APPROVING)
    path = f"orders/{shoot.order_id}/{act}"
    said = problem(program.post(path, {"shoots": [str(shoot.pk)]}), 422, "invalid")
    assert said["field"] == "shoots"
    problem(program.send("POST", path, raw=b'{"shoots":'), 400, "malformed")
    problem(
        program.send("POST", path, raw=b"a=b", **{"Content-Type": "text/csv"}), 415, "media_type"
    )
    problem(program.post(path, [1]), 422, "invalid")
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING
    assert program.post(path, {}).json() == {"count": 1}


def test_so_it_is_with_what_is_deleted(program: Program, world: World) -> None:
    (person,) = world.hire()
    path = f"employees/{person.pk}"
    problem(program.send("DELETE", path, {"status": "active"}), 422, "invalid")
    assert program.send("DELETE", path, raw=b"null").json()["status"] == "left"
    assert Employee.objects.get(pk=person.pk).status == "left"
