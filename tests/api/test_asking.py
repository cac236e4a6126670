"""What every operation does alike: problems, pages, fields, ETags, once-only."""

from __future__ import annotations

import json
from typing import Any

import pytest
import structlog
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.developers import partners
from accounts.models import Employee, KeptAnswer
from generation.models import State
from tests.api.program import Program, problem
from tests.world import World, give_files, make_world


def test_each_wrong_field_is_named(program: Program) -> None:
    response = program.post("employees", {"email": "no address", "titel": "x", "language": "xx"})
    said = problem(response, 422, "invalid")
    assert {error["field"] for error in said["errors"]} >= {"email", "language"}
    said = problem(
        program.post("employees", {"email": "a@b.example", "titel": "x"}), 422, "invalid"
    )
    assert said["field"] == "titel"


@pytest.mark.parametrize(
    ("way", "wrong"),
    [
        ("POST employees", {"first_name": 5}),
        ("POST employees", {"email": 1.5}),
        ("POST employees", {"attributes": {"Floor": 3}}),
        ("POST directories", {"values": {"company": 0}}),
        ("POST employees/upsert", {"employees": [{"external_id": 7, "email": "a@b.example"}]}),
        ("POST orders", {"invite": 0}),
        ("POST orders", {"invite": "true"}),
        ("POST orders", {"look": 12}),
        ("POST orders", {"employees": [7]}),
        ("PATCH organisation", {"name": 5}),
        ("PATCH organisation", {"second_factor_required": 0.0}),
        ("PATCH organisation/clocks", {"quiet_from": "7"}),
        ("PATCH organisation/clocks", {"quiet_from": True}),
    ],
)
def test_json_of_another_kind_is_not_made_to_fit(
    program: Program, way: str, wrong: dict[str, Any]
) -> None:
    """A truth is no number, a number no text, though Python takes one for the other."""
    method, path = way.split()
    response = program.send(method, path, wrong)
    if path.endswith("upsert"):
        assert response.json()["data"][0]["problem"]["detail"] == "Not a valid string."
        return
    errors = problem(response, 422, "invalid")["errors"]
    (field,) = wrong
    (detail,) = (e["detail"] for e in errors if e["field"].split(".")[0] == field)
    assert "valid" in detail


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"email": "a@b.example"',
        b'{"email": "\\ud800@b.example"}',
        b"\xff\xfe{}",
        b'{"email": NaN}',
        b'{"a": 1' + b"0" * 5000 + b"}",
    ],
)
def test_bodies_that_are_no_json(program: Program, body: bytes) -> None:
    problem(program.send("POST", "employees", raw=body), 400, "malformed")


def test_other_bodies(program: Program) -> None:
    problem(program.send("POST", "employees", raw=b"[]"), 422, "invalid")
    problem(program.send("POST", "employees", raw=b'"x"'), 422, "invalid")
    large = b'"' + b"x" * 6_000_000 + b'"'
    problem(program.send("POST", "employees", raw=large), 413, "too_large")
    kind = {"Content-Type": "text/csv"}
    problem(program.send("POST", "employees", raw=b"x", **kind), 415, "media_type")
    nul = {"email": "a@b.example", "first_name": "a\x00b"}
    problem(program.post("employees", nul), 422, "invalid")


def test_addresses_and_methods_that_are_none(program: Program) -> None:
    problem(program.get("nothing"), 404, "not_found")
    problem(program.get("employees/not-an-id"), 404, "not_found")
    response = program.send("PUT", "employees", {})
    problem(response, 405, "method")
    assert response["Allow"] == "GET, POST"


def test_pages_go_through_everybody_once(program: Program, world: World) -> None:
    world.hire(7)
    seen, path = [], "employees?limit=3"
    while path:
        response = program.get(path)
        said = response.json()
        seen += [row["id"] for row in said["data"]]
        # Somebody who comes meanwhile does not shift the pages.
        world.hire()
        assert ("Link" in response) == said["has_more"]
        path = f"employees?limit=3&cursor={said['next_cursor']}" if said["has_more"] else ""
    assert len(seen) == len(set(seen)) == 7


def test_a_cursor_is_its_lists_alone(program: Program, world: World) -> None:
    world.hire(3)
    cursor = program.get("employees?limit=1").json()["next_cursor"]
    assert program.get(f"employees?limit=2&cursor={cursor}").status_code == 200
    problem(program.get(f"employees?cursor={cursor}&department=x"), 400, "cursor")
    problem(program.get(f"looks?cursor={cursor}"), 400, "cursor")
    problem(program.get(f"employees?cursor={cursor}x"), 400, "cursor")
    other = make_world("Other")
    other.hire(3)
    problem(Program.of(other.organisation).get(f"employees?cursor={cursor}"), 400, "cursor")


@pytest.mark.parametrize("query", ["limit=0", "limit=1000", "limit=x", "departmnt=x", "q=%00"])
def test_queries_that_are_wrong(program: Program, query: str) -> None:
    problem(program.get(f"employees?{query}"), 422, "invalid")


def test_fields_and_expand(program: Program, world: World) -> None:
    order = world.order()
    shoot = order.shoots.get()
    said = program.get(f"shoots/{shoot.pk}?fields=id,employee&expand=employee").json()
    assert set(said) == {"id", "employee"}
    assert said["employee"]["email"] == shoot.employee.email
    assert program.get(f"shoots/{shoot.pk}").json()["employee"] == str(shoot.employee_id)
    whole = program.get(f"shoots/{shoot.pk}?expand=order,employee").json()
    assert whole["order"] == program.get(f"orders/{order.pk}").json()
    assert whole["order"]["counts"]["invited"] == 1
    listed = program.get("shoots?expand=order&fields=order").json()["data"]
    assert listed == [{"order": whole["order"]}]
    acted = program.post(f"orders/{order.pk}/approve?fields=count").json()
    assert acted == {"count": 0}
    problem(program.get(f"shoots/{shoot.pk}?fields=idd"), 422, "invalid")
    problem(program.get("shoots?expand=candidate"), 422, "invalid")


def test_headshots_and_releases_expand(program: Program, world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    person = program.get(f"employees/{shoot.employee_id}").json()
    place = f"headshots/{shoot.headshot.pk}"
    plain = program.get(place).json()
    assert (plain["shoot"], plain["employee"]) == (str(shoot.pk), person["id"])
    whole = program.get(f"{place}?expand=shoot,employee").json()
    assert whole == {**plain, "shoot": program.get(f"shoots/{shoot.pk}").json(), "employee": person}
    assert program.get("headshots?expand=employee,shoot").json()["data"] == [whole]
    place = f"releases/{shoot.release_id}"
    plain = program.get(place).json()
    assert plain["employee"] == person["id"]
    whole = program.get(f"{place}?expand=employee").json()
    assert whole == {**plain, "employee": person}
    assert program.get("releases?expand=employee").json()["data"] == [whole]
    problem(program.get("releases?expand=shoot"), 422, "invalid")


@pytest.mark.parametrize(
    ("scope", "path", "expand", "needed"),
    [
        ("headshots:read", "headshots", "employee", "employees:read"),
        ("headshots:read", "headshots", "shoot", "shoots:read"),
        ("releases:read", "releases", "employee", "employees:read"),
    ],
)
def test_expanding_headshots_and_releases_needs_the_scope_for_it(
    world: World, scope: str, path: str, expand: str, needed: str
) -> None:
    shoot = world.shoot(State.DELIVERED)
    one = shoot.headshot.pk if path == "headshots" else shoot.release_id
    without = Program.of(world.organisation, [scope])
    having = Program.of(world.organisation, [scope, needed])
    for asked in (path, f"{path}/{one}"):
        assert without.get(asked).status_code == 200
        problem(without.get(f"{asked}?expand={expand}"), 403, "scope_missing")
    assert having.get(f"{path}/{one}?expand={expand}").json()[expand]["id"]


@pytest.mark.parametrize("path", ["headshots?expand=shoot,employee", "releases?expand=employee"])
def test_expanding_asks_no_more_for_more_rows(program: Program, world: World, path: str) -> None:
    asked = []
    for _ in range(2):
        give_files(world.shoot(State.DELIVERED))
        with CaptureQueriesContext(connection) as captured:
            rows = program.get(path).json()["data"]
        asked.append((len(rows), len(captured)))
    (one, few), (two, many) = asked
    assert (one, two) == (1, 2)
    assert few == many


def test_what_is_expanded_needs_the_scope_for_it(world: World) -> None:
    shoot = world.shoot()
    customer = make_world("Customer")
    place = f"shoots/{shoot.pk}"
    for expand, needed in (("employee", "employees:read"), ("order", "orders:read")):
        without = Program.of(world.organisation, ["shoots:write"])
        for asked in (f"{place}?expand={expand}", f"shoots?expand=order,employee&fields={expand}"):
            said = problem(without.get(asked), 403, "scope_missing")
        assert without.get(place).status_code == 200
        having = Program.of(world.organisation, ["shoots:write", needed])
        assert having.get(f"{place}?expand={expand}").json()[expand]["id"]
    assert "which the key lacks" in said["detail"]
    look = Program.of(world.organisation, ["orders:read"])
    problem(look.get(f"orders/{shoot.order_id}?expand=look"), 403, "scope_missing")
    # A partner's grant has to give it as well as its own key.
    partners.grant(
        actor=customer.actor,
        organisation=customer.organisation,
        partner_id=str(world.organisation.pk),
        wanted=["shoots:read"],
    )
    acting = {"Headshots-Organisation": str(customer.organisation.pk)}
    theirs = Program(Program.of(world.organisation).secret, **acting)
    place = f"shoots/{customer.shoot().pk}"
    assert theirs.get(place).status_code == 200
    said = problem(theirs.get(f"{place}?expand=employee"), 403, "scope_missing")
    assert "grant lacks" in said["detail"]


def test_an_act_that_answers_with_more_than_it_may_is_not_done(world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    acting = Program.of(world.organisation, ["shoots:write"])
    asked = acting.post(f"shoots/{shoot.pk}/approve?expand=employee")
    problem(asked, 403, "scope_missing")
    shoot.refresh_from_db()
    assert shoot.state == State.APPROVING


def test_what_has_not_changed_is_not_sent(program: Program, world: World) -> None:
    (person,) = world.hire()
    first = program.get(f"employees/{person.pk}")
    again = program.get(f"employees/{person.pk}", If_None_Match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    program.patch(f"employees/{person.pk}", {"title": "New"})
    assert program.get(f"employees/{person.pk}", If_None_Match=first["ETag"]).status_code == 200


@pytest.mark.parametrize("query", ["?fields=title", "?fields=id,email", ""])
def test_a_state_can_be_named_however_it_was_read(
    program: Program, world: World, query: str
) -> None:
    (person,) = world.hire()
    place = f"employees/{person.pk}"
    read = program.get(f"{place}{query}")["ETag"]
    assert program.get(f"{place}{query}", If_None_Match=read).status_code == 304
    assert program.patch(place, {"title": "New"}, If_Match=f'"x", {read}').status_code == 200
    problem(program.patch(place, {"title": "Newer"}, If_Match=read), 412, "changed")


def test_an_expanded_reading_names_the_state_of_the_thing_itself(
    program: Program, world: World
) -> None:
    shoot = world.shoot(State.APPROVING)
    place = f"shoots/{shoot.pk}?expand=employee"
    read = program.get(place)["ETag"]
    assert read != program.get(f"shoots/{shoot.pk}")["ETag"]
    program.patch(f"employees/{shoot.employee_id}", {"title": "New"})
    # What is shown has changed, the shoot has not.
    assert program.get(place, If_None_Match=read).status_code == 200
    answer = program.post(f"shoots/{shoot.pk}/approve?fields=state", If_Match=read)
    assert answer.json() == {"state": "delivered"}
    assert "ETag" not in answer
    problem(program.post(f"shoots/{shoot.pk}/cancel", If_Match=read), 412, "changed")


def test_a_change_under_an_old_etag_is_refused(program: Program, world: World) -> None:
    (person,) = world.hire()
    old = program.get(f"employees/{person.pk}")["ETag"]
    changed = program.patch(f"employees/{person.pk}", {"title": "One"}, If_Match=old)
    assert changed.status_code == 200
    refused = program.patch(f"employees/{person.pk}", {"title": "Two"}, If_Match=old)
    problem(refused, 412, "changed")
    assert refused["ETag"] == changed["ETag"]
    assert Employee.objects.get(pk=person.pk).title == "One"


@pytest.mark.parametrize(
    ("place", "new", "change"),
    [
        ("keys", {"name": "x", "scopes": ["looks:read"]}, {"name": "y"}),
        ("webhook-endpoints", {"url": "https://192.0.1.1/"}, {"description": "y"}),
    ],
)
def test_what_is_shown_once_is_no_part_of_the_state(
    program: Program, place: str, new: dict[str, Any], change: dict[str, Any]
) -> None:
    made = program.post(place, new)
    assert made.json()["secret"]
    one = f"{place}/{made.json()['id']}"
    assert program.patch(one, change, If_Match=made["ETag"]).status_code == 200
    problem(program.patch(one, change, If_Match=made["ETag"]), 412, "changed")


def test_a_post_twice_is_once(program: Program) -> None:
    new = {"email": "ada@b.example"}
    first = program.post("employees", new, Idempotency_Key="k1")
    again = program.post("employees", new, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    problem(
        program.post("employees", {"email": "b@b.example"}, Idempotency_Key="k1"),
        422,
        "idempotency_mismatch",
    )
    assert Employee.objects.count() == 1


def test_a_refused_post_may_be_tried_again(program: Program) -> None:
    problem(program.post("employees", {"email": "x"}, Idempotency_Key="k2"), 422, "invalid")
    good = program.post("employees", {"email": "x@y.example"}, Idempotency_Key="k2")
    assert good.status_code == 201


def test_keys_of_two_programs_are_two(program: Program, world: World) -> None:
    other = Program.of(world.organisation)
    assert (
        program.post("employees", {"email": "a@b.example"}, Idempotency_Key="k").status_code == 201
    )
    assert other.post("employees", {"email": "c@b.example"}, Idempotency_Key="k").status_code == 201
    assert KeptAnswer.objects.count() == 2


def test_strange_idempotency_keys(program: Program) -> None:
    new = {"email": "a@b.example"}
    problem(program.post("employees", new, Idempotency_Key=""), 400, "idempotency_key")
    problem(program.post("employees", new, Idempotency_Key="x" * 256), 400, "idempotency_key")


def test_requests_have_ids(program: Program) -> None:
    ids = {program.get("organisation")["Request-Id"] for _ in range(3)}
    assert len(ids) == 3


def test_what_is_logged_of_a_request_has_its_id_and_key(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[dict[str, object]] = []

    def broken(*_: object, **__: object) -> None:
        logged.append(structlog.contextvars.get_contextvars())
        raise RuntimeError("broken")

    monkeypatch.setattr("accounts.access.employees", broken)
    answer = program.get("employees")
    problem(answer, 500, "internal")
    assert logged[0]["request_id"] == answer["Request-Id"]
    assert logged[0]["api_key"] == program.key.public_id
    assert program.secret not in repr(logged)


def test_the_description_is_served(program: Program) -> None:
    said = json.loads(program.get("openapi.json").content)
    assert said["openapi"].startswith("3.1")
    assert "/api/v1/employees" in said["paths"]
