"""Bodies that hold more than is taken are refused before each of it is looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.program import Program, problem

pytestmark = pytest.mark.django_db
MANY = 20_000


@pytest.mark.parametrize(
    ("way", "body"),
    [
        ("POST orders", {"employees": ["x"] * MANY}),
        ("POST employees/upsert", {"employees": [1] * MANY}),
        ("POST employees", {"attributes": {f"a{number}": 1 for number in range(MANY)}}),
        ("PATCH organisation/clocks", {"locations": {f"a{n}": 1 for n in range(MANY)}}),
        ("POST webhook-endpoints", {"url": "x", "types": [[]] * MANY}),
    ],
)
def test_what_has_far_too_much_in_it_is_refused_unread(
    program: Program, way: str, body: dict[str, Any]
) -> None:
    method, path = way.split()
    raw = json.dumps(body, separators=(",", ":")).encode()
    response = program.send(method, path, raw=raw)
    (error,) = problem(response, 422, "invalid")["errors"]
    assert (error["field"], error["code"]) == ([*body][-1], "max_length")


def test_a_row_with_far_too_many_attributes_stops_no_other(program: Program) -> None:
    rows = [
        {"external_id": "a", "email": "a@acme.example", "attributes": dict.fromkeys("a1", "x")},
        {"external_id": "b", "attributes": {f"a{number}": 1 for number in range(100)}},
        {"external_id": "c", "email": "c@acme.example", "attributes": {"x" * 61: "y"}},
    ]
    told = program.post("employees/upsert", {"employees": rows}).json()
    assert (told["created"], told["refused"]) == (1, 2)
    assert {row["problem"]["field"] for row in told["data"][1:]} == {"attributes"}


@pytest.mark.parametrize(
    "body", [{"employees": ["x"] * 200}, {f"a{number}": 1 for number in range(200)}]
)
def test_a_hundred_wrong_fields_are_told_of(program: Program, body: dict[str, Any]) -> None:
    look = {"look": "01a22aa5-c242-705c-a496-82f9ea61ea75"}
    whole = {"employees": [look["look"]], **look, **body}
    errors = problem(program.post("orders", whole), 422, "invalid")["errors"]
    assert len(errors) == 100


def test_more_lists_than_anybody_needs_are_no_request(program: Program) -> None:
    raw = b'{"employees":[' + b",".join([b"[]"] * 100_000) + b"]}"
    problem(program.send("POST", "employees/upsert", raw=raw), 400, "malformed")
