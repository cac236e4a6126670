"""Lists that are worked out: in pages like any other, and known by the state of all of their rows
where they are acted upon as one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Employee
from generation.models import Order, Shoot, State
from generation.ordering import department_looks
from tests.api.program import Program, problem
from tests.world import World, bring

DEPARTMENTS = ("Ärzte", "finance", "Law", "Sales", "Zoo")


@pytest.fixture
def order(world: World) -> Order:
    """Five people of five departments who await approval."""
    order = world.order(len(DEPARTMENTS))
    shoots = order.shoots.order_by("pk").select_related("employee")
    for shoot, name in zip(shoots, DEPARTMENTS, strict=True):
        Employee.objects.filter(pk=shoot.employee_id).update(department=name)
        Shoot.objects.filter(pk=shoot.pk).update(department=name)
        bring(shoot, State.APPROVING)
    department_looks.assign(
        actor=world.actor,
        organisation=world.organisation,
        looks=dict.fromkeys(DEPARTMENTS, world.look),
    )
    return order


LISTS = {
    "departments": "name",
    "department-looks": "department",
    "credits/usage": "department",
    "orders/{order}/review": "shoot",
    "orders/{order}/standings": "headshot",
    "wall/missing": "employee",
}


@pytest.mark.parametrize("place", LISTS)
def test_every_row_comes_once_page_by_page(program: Program, order: Order, place: str) -> None:
    place = place.format(order=order.pk)
    whole = program.get(place).json()
    assert len(whole["data"]) == len(DEPARTMENTS)
    assert (whole["has_more"], whole["next_cursor"]) == (False, None)
    rows, query = [], "limit=2"
    for more in (True, True, False):
        answer = program.get(f"{place}?{query}")
        page = answer.json()
        rows += page["data"]
        assert page["has_more"] is more
        assert ("Link" in answer) is more
        query = f"limit=2&cursor={page['next_cursor']}"
    assert rows == whole["data"]


def test_departments_stand_as_the_database_sorts_them(program: Program, order: Order) -> None:
    names = [row["name"] for row in program.get("departments").json()["data"]]
    sorted_there = Employee.objects.exclude(department="").order_by("department")
    assert names == list(sorted_there.values_list("department", flat=True))


@pytest.mark.parametrize("place", LISTS)
def test_cursors_are_bound_to_their_list(program: Program, order: Order, place: str) -> None:
    cursor = program.get("headshots?limit=1").json()["next_cursor"]
    assert cursor
    place = place.format(order=order.pk)
    problem(program.get(f"{place}?cursor={cursor}"), 400, "cursor")


def test_who_has_gone_meanwhile_is_not_missed(program: Program, order: Order) -> None:
    """A cursor stands on a row, also once that is not in the list any more."""
    place = f"orders/{order.pk}/review"
    first = program.get(f"{place}?limit=2").json()
    for row in first["data"]:
        program.post(f"shoots/{row['shoot']}/approve")
    rest = program.get(f"{place}?cursor={first['next_cursor']}").json()["data"]
    all_of_them = {str(pk) for pk in order.shoots.values_list("pk", flat=True)}
    assert {row["shoot"] for row in rest} == all_of_them - {row["shoot"] for row in first["data"]}


def read(program: Program, place: str, query: str) -> Any:
    if "cursor" in query:
        query = f"?limit=2&cursor={program.get(f'{place}?limit=2').json()['next_cursor']}"
    return program.get(f"{place}{query}")


@pytest.mark.parametrize("query", ["", "?limit=2", "?limit=2&cursor=", "?fields=shoot"])
def test_any_page_of_the_review_names_all_of_it(program: Program, order: Order, query: str) -> None:
    place = f"orders/{order.pk}/review"
    page = read(program, place, query)
    again = program.get(f"{page.wsgi_request.get_full_path()}", If_None_Match=page["ETag"])
    assert again.status_code == 304
    # Somebody who stands on none of these pages is approved by somebody else.
    last = program.get(place).json()["data"][-1]["shoot"]
    program.post(f"shoots/{last}/approve")
    problem(program.post(place, If_Match=page["ETag"]), 412, "changed")
    assert program.post(place, If_Match=read(program, place, query)["ETag"]).status_code == 200


def test_a_department_alone_is_reviewed(program: Program, order: Order) -> None:
    place = f"orders/{order.pk}/review"
    (law,) = program.get(f"{place}?department=Law").json()["data"]
    assert law["shoot"] == str(order.shoots.get(department="Law").pk)
    assert program.get(f"{place}?department=").json()["data"] == []
    # What one department shows names the state of all of them.
    seen = program.get(f"{place}?department=Law")["ETag"]
    done = program.post(place, {"department": "Law"}, If_Match=seen).json()
    assert done["approved"] + done["left_count"] == 1
    assert {row["shoot"] for row in done["left"]} <= {law["shoot"]}
    assert order.shoots.exclude(department="Law").exclude(state=State.APPROVING).count() == 0
    (shoot,) = program.get(f"shoots?order={order.pk}&department=Law").json()["data"]
    assert shoot["id"] == law["shoot"]


def test_looks_of_departments_are_changed_as_one(program: Program, order: Order) -> None:
    first = program.get("department-looks?limit=1")
    changed = program.patch("department-looks", {"looks": {"Zoo": None}}, If_Match=first["ETag"])
    assert len(changed.json()["data"]) == len(DEPARTMENTS) - 1
    stale = {"looks": {"Law": None}}
    problem(program.patch("department-looks", stale, If_Match=first["ETag"]), 412, "changed")
    # What the change answered can be built upon.
    assert program.patch("department-looks", stale, If_Match=changed["ETag"]).status_code == 200


def test_pages_take_the_same_statements_however_long(program: Program, order: Order) -> None:
    for place in LISTS:
        counts = set()
        for limit in (1, len(DEPARTMENTS)):
            with CaptureQueriesContext(connection) as found:
                program.get(f"{place.format(order=order.pk)}?limit={limit}")
            counts.add(len(found))
        assert len(counts) == 1, place
