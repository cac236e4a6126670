"""What each operation has in common, asked of every one of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from django.urls import NoReverseMatch, resolve, reverse
from django.utils import timezone

from accounts.api.headers import HEADERS
from accounts.models import Employee
from generation.approving import choosing
from generation.models import Shoot, State
from headshots.api import document
from headshots.lib.api.operations import Operation
from tests.accounts.sso.conftest import Zone
from tests.api.program import Program, name_provider, problem
from tests.api.test_isolation import MORE, NO_LIST, PROVIDER, TABLE, Case, thing
from tests.world import World, bring, give_selfies

# Posts that hear no If-Match: they make something of its own, beside what others have made, or
# lead to a page of Stripe's; docs/api.md says so.
MAKE = {
    "budgets",
    "directories",
    "domains",
    "download_links",
    "embed_links",
    "employees",
    "employees_upsert",
    "exports",
    "invoices",
    "join_links",
    "keys",
    "looks",
    "member_invitations",
    "order_another_look",
    "order_join_links",
    "orders",
    "orders_behind",
    "orders_by_department",
    "partner_grants",
    "plate_pictures",
    "plates",
    "portal",
    "publishing_runs",
    "refinishes",
    "selfies",
    "shoot_release",
    "shoots",
    "staff_wall",
    "top_up_card",
    "upload_addresses",
    "wall",
    "webhook_endpoints",
}


def place(world: World, case: Case) -> str:
    more = MORE.get(case.route, {})
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
    # What is not there yet: no page published, no file rendered, no export packed, no wall drawn,
    # no provider named.
    missing = {"team_page", "rendition", "refinish_picture", "export_file", "wall_file"}
    missing |= {"staff_team_page", "staff_wall_file"}
    assert set(unread) == missing | {"single_sign_on"}


def test_no_change_is_made_upon_an_old_reading(program: Program, world: World, zone: Zone) -> None:
    """Whatever is changed, replaced or removed hears If-Match, and so do acts upon one thing."""
    deaf, wrong, asked, make = [], [], Counter[str](), set[str]()
    for case in TABLE:
        for method in sorted(set(case.methods) - {"get"}):
            address = place(world, case)
            found = declared(address, method)
            if not found.match:
                if method == "post":
                    make.add(case.route)
                else:
                    deaf.append((case.route, method))
                continue
            if case.route in ("team_page", "staff_team_page"):
                assert program.send("PUT", address, case.body).status_code == 200
            if case.route == "single_sign_on":
                name_provider(world)
            read = read_by(address)
            before = program.get(read)
            body = without_ids(case.body or getattr(found.body, "example", None) or {})
            if case.route == "single_sign_on":
                # The table has what is put and what is patched.
                keep = {"required"} if method == "patch" else set(PROVIDER)
                body = {name: body[name] for name in keep}
            refused = program.send(method, address, body, If_Match=f'{before["ETag"][:-2]}"')
            problem(refused, 412, "changed")
            after = program.get(read)
            if not refused["ETag"] == after["ETag"] == before["ETag"]:
                wrong.append((case.route, method))
            if program.send(method, address, body, If_Match=after["ETag"]).status_code == 412:
                wrong.append((case.route, method))
            asked[method] += 1
    assert not deaf
    assert make == MAKE
    assert not wrong
    assert asked["patch"] >= 8 and asked["delete"] >= 12 and asked["put"] >= 3  # noqa: PT018
    assert asked["post"] >= 15


# Acts that leave what they act upon as it was, so that they are done again upon the same reading;
# docs/api.md says so.
LEAVE_IT = {"order_remind", "webhook_endpoint_replay", "webhook_endpoint_test"}
# Acts for which there is nothing to do here: no money, no name server, no run, nobody to pick for.
NOTHING_TO_DO = {
    "closing",
    "domain_check",
    "harmonise",
    "headshot_render",
    "invoice_checkout",
    "invoice_send",
    "publishing_run_resume",
    "publishing_run_undo",
    "review",
    "shoot_pick_for",
}
# Where a shoot has to be for what is done to it.
AT = {
    "shoot_approve": State.APPROVING,
    "shoot_approve_before": State.CHOOSING,
    "shoot_ask_again": State.CHOOSING,
    "shoot_hand_in": State.COLLECTING,
    "shoot_more": State.CHOOSING,
    "shoot_pick": State.CHOOSING,
    "shoot_redo": State.APPROVING,
    "shoot_send_back": State.APPROVING,
    "shoot_withdraw": State.COLLECTING,
}


def made_ready(world: World, route: str, address: str, body: dict[str, Any]) -> dict[str, Any]:
    """Bring what an act is upon to where there is something to do; the body to do it with."""
    keys = resolve(address).kwargs
    if route == "employee_mail_again":
        Employee.objects.filter(pk=keys["employee_id"]).update(bounced_at=timezone.now())
    if route == "order_approve":
        for shoot in Shoot.objects.filter(order=keys["order_id"]):
            bring(shoot, State.APPROVING)
    if route == "order_people":
        return {"employees": [str(each.pk) for each in world.hire()]}
    if route not in AT:
        return body
    shoot = bring(Shoot.objects.get(pk=keys["shoot_id"]), AT[route])
    if route == "shoot_hand_in":
        give_selfies(shoot)
    candidates = [str(each.pk) for each in choosing.short_list(shoot=shoot)]
    if "candidate" in body:
        return {**body, "candidate": candidates[0]}
    return {**body, "candidates": candidates} if "candidates" in body else body


def test_of_two_acts_upon_the_same_reading_one_is_done(
    program: Program, world: World, zone: Zone
) -> None:
    """What was accepted has changed the state, so that the same once more is refused."""
    again, idle, done = set(), set(), set()
    for case in TABLE:
        if "post" not in case.methods:
            continue
        address = place(world, case)
        found = declared(address, "post")
        if not found.match:
            continue
        body = case.body or getattr(found.body, "example", None) or {}
        body = made_ready(world, case.route, address, body)
        known = program.get(read_by(address))["ETag"]
        first = program.post(address, body, If_Match=known)
        assert first.status_code != 412, case.route
        if first.status_code >= 300:
            idle.add(case.route)
            continue
        second = program.post(address, body, If_Match=known)
        if second.status_code == 412:
            done.add(case.route)
        else:
            assert second.status_code == first.status_code, case.route
            again.add(case.route)
    assert again - NOTHING_TO_DO == LEAVE_IT
    assert idle | again - LEAVE_IT == NOTHING_TO_DO
    assert len(done) >= 20, done


def read_by(address: str) -> str:
    """Where what an address changes is read."""
    found = resolve(address)
    reads = found.func.view_class.acts_on  # type: ignore[attr-defined]
    for case in TABLE if reads else ():
        try:
            other = reverse(f"api:{case.route}", kwargs=found.kwargs)
        except NoReverseMatch:
            continue
        if resolve(other).func.view_class is reads:  # type: ignore[attr-defined]
            return other
    return address


def without_ids(body: dict[str, Any]) -> dict[str, Any]:
    return {"looks": {"Research": None}} if "looks" in body else body


def test_every_post_may_be_sent_twice(program: Program, world: World, zone: Zone) -> None:
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


def test_headers_that_come_are_described(program: Program, world: World, zone: Zone) -> None:
    described = json.loads(document())["paths"]
    wrong, seen = [], Counter[str]()
    for case in TABLE:
        for method in [each for each in ("get", "post") if each in case.methods]:
            address = place(world, case)
            body = case.body or getattr(declared(address, method).body, "example", None) or {}
            answer = program.send(method, address, body if method == "post" else None)
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"/{\1}", resolve(address).route).replace("//", "/")
            said = described[f"/{path}"][method]
            heard = {each["name"] for each in said["parameters"] if each["in"] == "header"}
            assert {"Headshots-Organisation", "Headshots-Version"} <= heard, path
            told = set(said["responses"][str(answer.status_code)]["headers"])
            came = {name for name in HEADERS if name in answer}
            # A page may be the last one, and an act may answer with no thing that has a state.
            free = {"Link", "Idempotent-Replayed"} | ({"ETag"} if method == "post" else set())
            if (answer.status_code < 300 and told - came - free) or came - told:
                wrong.append((case.route, method, answer.status_code, told ^ came))
            seen.update(came if answer.status_code < 300 else ())
    assert not wrong
    assert seen["Location"] >= 8
    assert seen["ETag"] >= 40


def test_lists_take_fields_and_pages(program: Program, world: World) -> None:
    for needs in sorted({case.needs for case in TABLE}):
        thing(world, needs)
    shown = set()
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
        shown |= {case.route for _row in rows["data"]}
        problem(program.get(f"{address}?fields=nothing"), 422, "invalid")
        problem(program.get(f"{address}?limit=201"), 422, "invalid")
        problem(program.get(f"{address}?cursor=made-up"), 400, "cursor")
    # Lists with nothing in them would agree to anything.
    assert len(shown) >= 18, sorted(shown)


# Rows that stand inside a resource, by what bounds them.
BOUNDED = {
    ("ConsistencyShape", "history"): "the last hundred",
    ("ConsistencyShape", "measures"): "there are six",
    ("CreditStoryShape", "making"): "there are five",
    ("CreditStoryShape", "price"): "there are three",
    ("DeliveryInFullShape", "log"): "the last fifty attempts",
    ("DepartmentLooksShape", "data"): "the answer of a change; the list is read in pages",
    ("FinishShape", "renditions"): "rendition_table.MOST_ROWS",
    ("HeadshotShape", "renditions"): "those of its finish",
    ("OrdersShape", "data"): "an order for each look that was asked for",
    ("PublishedPersonShape", "steps"): "the last forty, as they are kept",
    ("PricesShape", "packs"): "what is sold",
    ("PricesShape", "tiers"): "what is sold",
    ("ProblemShape", "errors"): "the fields of a body",
    ("ReviewedShape", "left"): "pages.MOST; the review is read in pages",
    ("StaffConsistencyShape", "parts"): "the looks, and the plates that they have had",
    ("StaffPartShape", "measures"): "there are six",
    ("UpsertShape", "data"): "the rows of the request",
}


def test_lists_that_can_be_long_come_in_pages() -> None:
    """Whatever reads rows without a cursor is named above, with what bounds them."""
    schemas = json.loads(document())["components"]["schemas"]
    found = {
        (name, field)
        for name, schema in schemas.items()
        if name.endswith("Shape")
        for field, said in schema.get("properties", {}).items()
        if "$ref" in said.get("items", {}) or said.get("items", {}).get("type") == "object"
    }
    assert found == set(BOUNDED)
