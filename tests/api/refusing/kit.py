"""How refusals are provoked: recipes by the name of the example that shows each."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import Employee
from generation.models import State
from tests.api.program import Program
from tests.world import World

NOBODYS = "00000000-0000-7000-8000-000000000000"
Recipe = Callable[[Program, World, pytest.MonkeyPatch], HttpResponse]


def ada(world: World, **changes: Any) -> Employee:
    (person,) = world.hire()
    for name, value in {"first_name": "Ada", "last_name": "Moreau", **changes}.items():
        setattr(person, name, value)
    person.save()
    return person


def of_ada(world: World, state: State) -> Any:
    shoot = world.shoot(state)
    Employee.objects.filter(pk=shoot.employee_id).update(first_name="Ada", last_name="Moreau")
    return shoot


def order_for(program: Program, world: World, **changes: Any) -> HttpResponse:
    people = changes.pop("people", None) or world.hire()
    body = {"look": str(world.look.pk), "employees": [str(p.pk) for p in people], **changes}
    return program.post("orders", body)


def photo(program: Program, shoot: Any, data: bytes, name: str = "ada.jpg") -> HttpResponse:
    body = encode_multipart(BOUNDARY, {"photo": SimpleUploadedFile(name, data)})
    return program.send(
        "POST", f"shoots/{shoot.pk}/selfies", raw=body, **{"Content-Type": MULTIPART_CONTENT}
    )


def announced(
    program: Program, method: str, path: str, length: int, kind: str, body: Any = None
) -> HttpResponse:
    """A request whose body is said to be that long; two bytes of it come, or `body` is read."""
    return program.client.generic(
        method,
        f"/api/v1/{path}",
        content_type=kind,
        CONTENT_LENGTH=str(length),
        headers={"Authorization": f"Bearer {program.secret}"},
        **{"wsgi.input": body or BytesIO(b"{}")},
    )


def delivered(program: Program, world: World, act: str) -> HttpResponse:
    return program.post(f"shoots/{world.shoot(State.DELIVERED).pk}/{act}")


RECIPES: dict[str, Recipe] = {}


def recipe(name: str) -> Callable[[Recipe], Recipe]:
    def keep(made: Recipe) -> Recipe:
        RECIPES[name] = made
        return made

    return keep


def put(name: str, made: Recipe) -> None:
    RECIPES[name] = made
