"""The roster by API."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.mail import bounces
from accounts.models import AuditEntry, Employee
from tests.api.program import Program, problem
from tests.api.test_examples import described
from tests.world import World


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"external_id": f"hr-{number}", "email": f"p{number}@acme.example", **more}


def test_add_change_and_leave(program: Program) -> None:
    made = program.post("employees", {"email": "Ada@Acme.example", "attributes": {"Floor": "3"}})
    assert made.status_code == 201
    person = made.json()
    assert person["email"] == "ada@acme.example"
    assert program.get(made["Location"]).json() == person
    changed = program.patch(f"employees/{person['id']}", {"title": "Counsel"}).json()
    assert (changed["title"], changed["attributes"]) == ("Counsel", {"Floor": "3"})
    left = program.delete(f"employees/{person['id']}").json()
    assert left["status"] == "left"
    assert program.get("employees").json()["data"] == []
    back = program.patch(f"employees/{person['id']}", {"status": "active"}).json()
    assert back["left_at"] is None


def test_an_address_that_is_taken(program: Program, world: World) -> None:
    (person,) = world.hire()
    refused = program.post("employees", {"email": person.email.upper()})
    assert problem(refused, 422, "email_taken")["field"] == "email"


def test_filters(program: Program, world: World) -> None:
    one, two = world.hire(2)
    Employee.objects.filter(pk=one.pk).update(department="Law", external_id="x1")
    for query in ("department=Law", "external_id=x1", f"email={one.email}", "q=First0"):
        found = program.get(f"employees?{query}").json()["data"]
        assert [person["id"] for person in found] == [str(one.pk)], query
    assert len(program.get("employees?status=all").json()["data"]) == 2
    assert two.pk


def test_filters_reach_language_and_own_attributes(program: Program, world: World) -> None:
    one, two = world.hire(2)
    Employee.objects.filter(pk=one.pk).update(
        language="fr", attributes={"Cost centre": "CC 7", "Floor": "3"}
    )
    for query in (
        "language=fr",
        "attribute=Floor",
        "attribute=Cost+centre&attribute_value=cc+7",
        "q=cc+7",
    ):
        found = program.get(f"employees?{query}").json()["data"]
        assert [person["id"] for person in found] == [str(one.pk)], query
    found = program.get("employees?language=none").json()["data"]
    assert [person["id"] for person in found] == [str(two.pk)]
    assert program.get("employees?attribute=Floor&attribute_value=33").json()["data"] == []
    lone = problem(program.get("employees?attribute_value=3"), 422, "invalid")
    assert lone["errors"][0]["field"] == "attribute"
    problem(program.get("employees?language=it"), 422, "invalid")


def test_upsert_answers_row_by_row(program: Program, world: World) -> None:
    (known,) = world.hire()
    said = program.post(
        "employees/upsert",
        {
            "employees": [
                row(1, first_name="Ada"),
                row(2, email="nonsense"),
                {"external_id": "hr-3", "email": known.email},
                row(1, first_name="Twice"),
                row(4, email="p1@acme.example"),
                row(5, langauge="en"),
            ]
        },
    ).json()
    assert [one["result"] for one in said["data"]] == [
        "created", "refused", "changed", "refused", "refused", "refused",
    ]  # fmt: skip
    assert [one["problem"] and one["problem"]["field"] for one in said["data"]] == [
        None, "email", None, "external_id", "email", "langauge",
    ]  # fmt: skip
    assert (said["created"], said["changed"], said["refused"]) == (1, 1, 4)
    known.refresh_from_db()
    assert known.external_id == "hr-3"
    assert Employee.objects.count() == 2
    entry = AuditEntry.objects.get(action="roster.synchronised")
    assert entry.actor_kind == "key"


def test_upsert_again_changes_nothing_and_then_what_differs(program: Program) -> None:
    rows = [row(n, title="Engineer", attributes={"Floor": "1"}) for n in range(3)]
    assert program.post("employees/upsert", {"employees": rows}).json()["created"] == 3
    assert program.post("employees/upsert", {"employees": rows}).json()["unchanged"] == 3
    rows[1] |= {"email": "new@acme.example", "status": "left"}
    rows[2] = {"external_id": "hr-2", "attributes": {"Badge": "7"}}
    said = program.post("employees/upsert", {"employees": rows}).json()
    assert (said["changed"], said["unchanged"]) == (2, 1)
    moved, merged = (Employee.objects.get(external_id=f"hr-{n}") for n in (1, 2))
    assert (moved.email, moved.status, moved.title) == ("new@acme.example", "left", "Engineer")
    assert merged.attributes == {"Floor": "1", "Badge": "7"}


def test_an_address_goes_from_one_to_another_in_a_call(program: Program) -> None:
    program.post("employees/upsert", {"employees": [row(1)]})
    rows = [row(1, email="moved@acme.example"), row(2, email="p1@acme.example")]
    said = program.post("employees/upsert", {"employees": rows}).json()
    assert [one["result"] for one in said["data"]] == ["changed", "created"]


def test_a_row_that_is_no_object_stops_itself_alone(program: Program) -> None:
    rows = [None, row(1), "hr-2", ["hr-3"], {"external_id": ["hr-4"], "email": "x@acme.example"}]
    said = program.post("employees/upsert", {"employees": rows}).json()
    assert (said["created"], said["refused"]) == (1, 4)
    assert said["data"][1]["result"] == "created"
    for told in (said["data"][0], *said["data"][2:4]):
        assert (told["external_id"], told["problem"]["field"]) == ("", None)
        assert told["problem"]["detail"]


def test_an_untidy_number_stops_its_own_row_alone(program: Program) -> None:
    program.post("employees", {"email": "a@acme.example", "employee_number": "E  7"})
    rows = [row(1, employee_number="E\u00a0 7"), row(2, employee_number=" E  8 ")]
    said = program.post("employees/upsert", {"employees": rows}).json()
    assert said["data"][0]["problem"]["code"] == "employee_number_taken"
    assert said["data"][1]["result"] == "created"
    again = program.post("employees/upsert", {"employees": [row(2, employee_number="E   8")]})
    assert again.json()["unchanged"] == 1


def test_an_external_id_changes_and_is_nobody_elses(program: Program) -> None:
    one, other = (program.post("employees", row(n)).json() for n in (1, 2))
    path = f"employees/{one['id']}"
    refused = program.patch(path, {"external_id": "hr-2"})
    assert problem(refused, 422, "external_id_taken")["field"] == "external_id"
    assert program.patch(path, {"title": "Counsel"}).json()["external_id"] == "hr-1"
    assert program.patch(path, {"external_id": " hr-7 "}).json()["external_id"] == "hr-7"
    assert AuditEntry.objects.filter(action="employee.changed").latest("id").details == {
        "fields": "external_id"
    }
    assert program.patch(path, {"external_id": ""}).json()["external_id"] == ""
    assert program.patch(f"employees/{other['id']}", {"external_id": ""}).status_code == 200


@pytest.mark.parametrize(
    ("said", "status"),
    [({}, "active"), ({"status": "active"}, "active"), ({"status": "left"}, "left")],
)
def test_a_leaver_who_is_hired_again_gets_their_new_id(
    program: Program, said: dict[str, str], status: str
) -> None:
    known = program.post("employees", row(1, status="left", employee_number="E1")).json()
    again = {**row(9, employee_number="E2", **said), "email": "P1@acme.example"}
    told = program.post("employees/upsert", {"employees": [again]}).json()["data"][0]
    assert (told["result"], told["employee"]) == ("changed", known["id"])
    person = program.get(f"employees/{known['id']}").json()
    assert (person["external_id"], person["status"]) == ("hr-9", status)
    assert (person["left_at"] is None) == (status == "active")
    assert program.post("employees/upsert", {"employees": [again]}).json()["unchanged"] == 1


def test_nobody_on_the_roster_is_taken_over(program: Program) -> None:
    program.post("employees", row(1))
    left = program.post("employees", row(2, status="left")).json()
    rows = [
        {**row(8), "email": "p1@acme.example"},
        {**row(9), "email": "p2@acme.example"},
        row(2, title="Counsel"),
    ]
    said = program.post("employees/upsert", {"employees": rows}).json()["data"]
    assert [one["result"] for one in said] == ["refused", "refused", "changed"]
    assert {one["problem"]["code"] for one in said[:2]} == {"email_taken"}
    person = program.get(f"employees/{left['id']}").json()
    assert (person["external_id"], person["status"]) == ("hr-2", "left")


def test_an_upsert_merges_attributes_and_a_change_replaces_them(program: Program) -> None:
    kept = {"Cost centre": "7", "Floor": "3", "Badge": "9"}
    known = program.post("employees", row(1, attributes=kept)).json()
    said = row(1, attributes={"Cost  centre ": "", " Floor": "4"})
    assert program.post("employees/upsert", {"employees": [said]}).json()["changed"] == 1
    path = f"employees/{known['id']}"
    assert program.get(path).json()["attributes"] == {"Floor": "4", "Badge": "9"}
    changed = program.patch(path, {"attributes": {"Floor": "5"}}).json()
    assert changed["attributes"] == {"Floor": "5"}
    shapes = described()["components"]["schemas"]
    for shape, word in (
        ("EmployeeRowRequest", "merged"),
        ("PatchedEmployeeChangeRequest", "replace all"),
    ):
        assert word in shapes[shape]["properties"]["attributes"]["description"]


def test_two_people_swap_an_address_and_a_number(program: Program) -> None:
    rows = [row(n, employee_number=f"E{n}") for n in (1, 2)]
    program.post("employees/upsert", {"employees": rows})
    rows[0]["email"], rows[1]["email"] = rows[1]["email"], rows[0]["email"]
    rows[0]["employee_number"], rows[1]["employee_number"] = "E2", "E1"
    said = program.post("employees/upsert", {"employees": rows}).json()
    assert said["changed"] == 2, said
    one = Employee.objects.get(external_id="hr-1")
    assert (one.email, one.employee_number) == ("p2@acme.example", "E2")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_chain_of_moves_works_in_any_order(program: Program, order: tuple[int, ...]) -> None:
    program.post("employees/upsert", {"employees": [row(1), row(2)]})
    moves = [
        row(1, email="p2@acme.example"),
        row(2, email="p3@acme.example"),
        row(3, email="p1@acme.example"),
    ]
    rows = [moves[index] for index in order]
    said = program.post("employees/upsert", {"employees": rows}).json()
    assert (said["changed"], said["created"]) == (2, 1), said


def test_who_cannot_move_keeps_theirs_from_those_behind(program: Program) -> None:
    """A wants B's address, B wants C's, C stays: both are refused, and nothing is lost."""
    program.post("employees/upsert", {"employees": [row(n) for n in (1, 2, 3)]})
    rows = [row(1, email="p2@acme.example"), row(2, email="p3@acme.example"), row(4)]
    said = program.post("employees/upsert", {"employees": rows}).json()
    assert [one["result"] for one in said["data"]] == ["refused", "refused", "created"]
    assert {one["problem"]["code"] for one in said["data"][:2]} == {"email_taken"}
    emails = Employee.objects.order_by("email").values_list("external_id", "email")
    assert list(emails) == [(f"hr-{n}", f"p{n}@acme.example") for n in (1, 2, 3, 4)]


def test_a_thousand_who_swap_take_as_many_queries_as_two(program: Program) -> None:
    counts = []
    for many in (2, 1000):
        rows = [row(n, employee_number=f"E{n}") for n in range(many)]
        program.post("employees/upsert", {"employees": rows})
        for one, other in zip(rows[::2], rows[1::2], strict=True):
            one["email"], other["email"] = other["email"], one["email"]
        with CaptureQueriesContext(connection) as found:
            assert program.post("employees/upsert", {"employees": rows}).json()["changed"] == many
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_upsert_takes_a_thousand_in_as_many_queries_as_ten(program: Program) -> None:
    counts = []
    for many, start in ((10, 0), (1000, 100)):
        rows = [row(n) for n in range(start, start + many)]
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert program.post("employees/upsert", {"employees": rows}).json()["created"] == many
        counts.append(len(found))
    assert counts[0] == counts[1]
    too_many = {"employees": [row(n) for n in range(1001)]}
    problem(program.post("employees/upsert", too_many), 422, "invalid")


def test_a_list_takes_as_many_queries_as_one(program: Program, world: World) -> None:
    counts = []
    for _ in range(2):
        world.hire(3)
        with CaptureQueriesContext(connection) as found:
            program.get("employees")
        counts.append(len(found))
    assert counts[0] == counts[1] <= 4


def test_mail_that_came_back_is_told_and_sent_again(program: Program, world: World) -> None:
    (person,) = world.hire()
    assert bounces.mark(address=person.email, reason="no such mailbox") == 1
    assert program.get(f"employees/{person.pk}").json()["bounced_at"]
    again = program.post(f"employees/{person.pk}/mail-again").json()
    assert (again["id"], again["bounced_at"]) == (str(person.pk), None)
