"""What each operation has in common, asked of every one of them."""

from __future__ import annotations

from typing import Any

from django.urls import resolve, reverse

from headshots.lib.api.operations import Operation
from tests.api.program import Program, problem
from tests.api.test_isolation import NO_LIST, TABLE, Case, thing
from tests.world import World


def place(world: World, case: Case) -> str:
    more = {"kind": "large"} if case.route == "rendition" else {}
    return reverse(f"api:{case.route}", kwargs={**thing(world, case.needs), **more})


def declared(address: str, method: str) -> Operation:
    found: Operation = getattr(resolve(address).func.view_class, method).operation  # type: ignore[attr-defined]
    return found


def test_whatever_is_read_is_sent_once_until_it_changes(program: Program, world: World) -> None:
    unread, wrong = [], []
    for case in TABLE:
        if "get" not in case.methods:
            continue
        address = place(world, case)
        first = program.get(address)
        if first.status_code != 200:
            unread.append(case.route)
            continue
        again = program.get(address, If_None_Match=f'"other", {first["ETag"]}')
        if (again.status_code, again.content) != (304, b"") or again["ETag"] != first["ETag"]:
            wrong.append(case.route)
        assert len(first["Request-Id"]) >= 8
        assert "private" in first["Cache-Control"]
    assert not wrong
    # What is not there yet: no page published, no file rendered, no export packed, no wall drawn.
    assert set(unread) == {"team_page", "rendition", "export_file", "wall_file"}


def test_no_change_is_made_upon_an_old_reading(program: Program, world: World) -> None:
    asked = 0
    for case in TABLE:
        if "patch" not in case.methods:
            continue
        address = place(world, case)
        before = program.get(address)
        body = declared(address, "patch").body
        assert body is not None
        shown = getattr(body, "example", {}) if not case.body else case.body
        refused = program.patch(address, without_ids(shown), If_Match='"older"')
        said = problem(refused, 412, "changed")
        assert refused["ETag"] == before["ETag"], said
        assert program.get(address)["ETag"] == before["ETag"]
        asked += 1
    assert asked >= 8


def without_ids(body: dict[str, Any]) -> dict[str, Any]:
    return {"looks": {"Research": None}} if "looks" in body else body


def test_every_post_may_be_sent_twice(program: Program, world: World) -> None:
    """Under a key it is refused or done, never done twice: the second answer is the first."""
    done = []
    for case in TABLE:
        if "post" not in case.methods:
            continue
        address = place(world, case)
        body = declared(address, "post").body
        shown = case.body or getattr(body, "example", None) or {}
        key = f"twice-{case.route}"
        first = program.post(address, shown, Idempotency_Key=key)
        again = program.post(address, shown, Idempotency_Key=key)
        assert again.status_code == first.status_code, case.route
        if first.status_code < 300:
            assert again.content == first.content
            assert again["Idempotent-Replayed"] == "true"
            done.append(case.route)
        other = program.post(address, {**shown, "x": 1}, Idempotency_Key=key)
        if first.status_code < 300:
            problem(other, 422, "idempotency_mismatch")
    assert len(done) >= 12, done


def test_lists_take_fields_and_pages(program: Program, world: World) -> None:
    for case in TABLE:
        if "get" not in case.methods or case.route in NO_LIST:
            continue
        address = place(world, case)
        found = declared(address, "get")
        if not found.many:
            continue
        assert found.shape is not None
        name = next(iter(found.shape().fields))
        rows = program.get(f"{address}?fields={name}&limit=1").json()
        assert all(set(row) == {name} for row in rows["data"]), case.route
        problem(program.get(f"{address}?fields=nothing"), 422, "invalid")
        problem(program.get(f"{address}?limit=201"), 422, "invalid")
        problem(program.get(f"{address}?cursor=made-up"), 400, "cursor")
