"""What members do with an order on its pages, programs do as well."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import AuditEntry, Employee
from generation import access
from generation.delivering import delivery
from generation.models import Order, Publication, PublishingRun, Shoot, State
from tests.api.program import Program, problem
from tests.world import DIRECTION, World, give_files, make_finishing, make_world, token


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def test_reminding_and_how_often(program: Program, world: World) -> None:
    people = [str(person.pk) for person in world.hire(2)]
    placed = {"look": str(world.look.pk), "employees": people, "remind_every": 7}
    order = program.post("orders", placed).json()
    assert order["remind_every"] == 7
    Employee.objects.filter(pk=people[0]).update(department="Law")
    OrmQ.objects.all().delete()
    place = f"orders/{order['id']}"
    assert program.post(f"{place}/remind", {"department": "Law"}).json() == {
        "sent": 1, "lately": 0, "unreached": 0,
    }  # fmt: skip
    assert program.post(f"{place}/remind", {}).json()["sent"] == 1
    assert program.post(f"{place}/remind", {}).json() == {"sent": 0, "lately": 2, "unreached": 0}
    assert OrmQ.objects.count() == 2
    etag = program.get(place)["ETag"]
    assert program.patch(place, {"remind_every": 0}, If_Match=etag).json()["remind_every"] == 0
    problem(program.patch(place, {"remind_every": 3}, If_Match=etag), 412, "changed")
    problem(program.patch(place, {"remind_every": 4}), 422, "invalid")


def test_many_shoots_are_named_with_one_question_and_all_must_be_ours(
    world: World, django_assert_num_queries: Any
) -> None:
    one, two, three = world.order(3).shoots.all()
    inside = world.inside
    with django_assert_num_queries(1):
        named = access.shoots_named(inside, [three.pk, one.pk, three.pk])
        found = [(shoot.pk, shoot.employee.email) for shoot in named]
    assert found == [(three.pk, three.employee.email), (one.pk, one.employee.email)]
    foreign = make_world("Other").shoot()
    with pytest.raises(Http404):
        access.shoots_named(inside, [two.pk, foreign.pk])


def test_a_personal_link_is_closed_and_sent_anew(program: Program, world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    old, place = token(shoot), f"shoots/{shoot.pk}"
    for _ in range(2):
        assert program.post(f"{place}/revoke-link").json()["id"] == str(shoot.pk)
    assert AuditEntry.objects.filter(action="invitation.revoked").count() == 1
    assert program.get(place).json()["link_revoked_at"]
    assert program.get("shoots").json()["data"][0]["link_revoked_at"]
    assert Client().get(f"/i/{old}/").status_code == 404
    # A new one, also for whoever is done; a good one of theirs is not mailed again.
    assert program.post(f"{place}/invite").status_code == 200
    assert program.get(place).json()["link_revoked_at"] is None
    noted = AuditEntry.objects.get(action="invitation.sent_again")
    assert (noted.actor_kind, noted.object_id) == ("key", str(shoot.pk))
    problem(program.post(f"{place}/invite"), 409, "transition")
    shoot.invitation.refresh_from_db()
    assert Client().get(f"/i/{token(shoot)}/").status_code == 200
    assert Client().get(f"/i/{old}/").status_code == 404


def test_nobody_is_mailed_locked_out_or_added_upon_an_old_reading(
    program: Program, world: World
) -> None:
    shoot = world.shoot()
    (more,) = world.hire()
    place, order = f"shoots/{shoot.pk}", f"orders/{shoot.order_id}"
    old = program.get(place)["ETag"]
    closed = program.post(f"{place}/revoke-link", If_Match=old)
    assert closed.json()["link_revoked_at"]
    for act in ("invite", "revoke-link"):
        refused = program.post(f"{place}/{act}", If_Match=old)
        problem(refused, 412, "changed")
        assert refused["ETag"] == closed["ETag"]
    assert program.get(place).json()["link_revoked_at"]
    sent = program.post(f"{place}/invite", If_Match=closed["ETag"])
    assert sent.json()["link_revoked_at"] is None
    old = program.get(f"{order}?fields=counts")["ETag"]
    body = {"employees": [str(more.pk)]}
    assert program.post(f"{order}/people", body, If_Match=old).json() == {"count": 1}
    body = {"employees": [str(world.hire()[0].pk)]}
    problem(program.post(f"{order}/people", body, If_Match=old), 412, "changed")
    assert Shoot.objects.filter(order=shoot.order_id).count() == 2


def test_a_join_link_lets_people_in_until_it_is_closed(program: Program, world: World) -> None:
    order = world.order()
    made = program.post(f"orders/{order.pk}/join-links", {"cap": 5, "domains": ["Acme.example"]})
    link = made.json()
    assert (link["domains"], link["cap"], link["used"]) == (["acme.example"], 5, 0)
    assert program.get(made["Location"]).json() == link
    assert Client().get(path_of(link["url"])).status_code == 200
    listed = program.get(f"orders/{order.pk}/join-links").json()["data"]
    assert [each["id"] for each in listed] == [link["id"]]
    assert program.delete(f"join-links/{link['id']}").json()["revoked_at"]
    assert Client().get(path_of(link["url"])).status_code == 410
    problem(
        program.post(f"orders/{order.pk}/join-links", {"cap": 5, "domains": ["x"]}), 422, "domain"
    )


def test_the_organisations_own_join_link_belongs_to_no_order(
    program: Program, world: World
) -> None:
    of_order = program.post(f"orders/{world.order().pk}/join-links", {"cap": 5}).json()
    made = program.post("join-links", {"cap": 50, "domains": ["acme.example"]})
    link = made.json()
    assert (made.status_code, link["order"]) == (201, None)
    lasts = datetime.fromisoformat(link["expires_at"]) - timezone.now()
    assert timedelta(days=89) < lasts <= timedelta(days=90)
    assert [each["id"] for each in program.get("join-links").json()["data"]] == [link["id"]]
    assert program.get(f"join-links/{of_order['id']}").json()["order"] == of_order["order"]
    assert Client().get(path_of(link["url"])).status_code == 200
    assert program.delete(made["Location"]).json()["revoked_at"]
    assert Client().get(path_of(link["url"])).status_code == 410


def test_a_download_link_gives_the_files_without_a_key(program: Program, world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot, ("portrait", "square"))
    kinds = delivery.chosen_kinds(order=shoot.order, wanted=["square"])
    made = program.post(
        f"orders/{shoot.order_id}/download-links", {"days": 1, "kinds": kinds, "note": "Badges"}
    ).json()
    answer = Client().get(path_of(made["url"]) + "headshots.zip")
    content = b"".join(answer)  # type: ignore[arg-type]
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert len([name for name in names if name.endswith(".jpg")]) == 1
    place = f"download-links/{made['id']}"
    assert program.get(place).json()["used"] == 1
    assert program.delete(place).json()["revoked_at"]
    assert Client().get(path_of(made["url"])).status_code == 410
    problem(program.post(f"orders/{shoot.order_id}/download-links", {"days": 365}), 422, "invalid")


def test_a_team_page_is_published_and_taken_off(program: Program, world: World) -> None:
    order = world.shoot(State.DELIVERED).order
    place = f"orders/{order.pk}/team-page"
    problem(program.get(place), 404, "not_found")
    page = program.send("PUT", place, {"sites": ["https://www.acme.example"]}).json()
    assert page["people"] == 0
    shown = Client().get(path_of(page["url"]))
    assert shown.status_code == 200
    assert "https://www.acme.example" in shown["Content-Security-Policy"]
    assert program.get(place).json() == page
    refused = problem(program.send("PUT", place, {"sites": ["acme"]}), 422, "site")
    assert refused["field"] == "sites"
    assert program.delete(place).status_code == 204
    assert Client().get(path_of(page["url"])).status_code == 404
    problem(program.get(place), 404, "not_found")
    again = program.send("PUT", place, {"sites": []}).json()
    assert again["url"] == page["url"]


def test_the_staffs_team_page_is_published_and_taken_off(program: Program, world: World) -> None:
    order = world.shoot(State.DELIVERED).order
    problem(program.get("team-page"), 404, "not_found")
    page = program.send("PUT", "team-page", {"sites": ["https://www.acme.example"]}).json()
    assert page["people"] == 0
    assert Client().get(path_of(page["url"])).status_code == 200
    problem(program.get(f"orders/{order.pk}/team-page"), 404, "not_found")
    assert program.delete("team-page").status_code == 204
    assert Client().get(path_of(page["url"])).status_code == 404
    assert program.send("PUT", "team-page", {"sites": []}).json()["url"] == page["url"]


def test_departments_get_their_looks(program: Program, world: World) -> None:
    law, other = world.hire(2)
    Employee.objects.filter(pk=law.pk).update(department="Law")
    stern = program.post("looks", {"name": "Stern", **DIRECTION}).json()["id"]
    assigned = program.patch("department-looks", {"looks": {"Law": stern}}).json()
    assert assigned == {"data": [{"department": "Law", "look": stern}]}
    people = [str(law.pk), str(other.pk)]
    body = {"look": str(world.look.pk), "employees": people, "name": "Autumn"}
    orders = program.post("orders/by-department", body).json()["data"]
    assert {order["look"]: order["counts"]["invited"] for order in orders} == {
        stern: 1, str(world.look.pk): 1,
    }  # fmt: skip
    problem(program.patch("department-looks", {"looks": {"Law": str(law.pk)}}), 404, "not_found")
    assert program.patch("department-looks", {"looks": {"Law": None}}).json() == {"data": []}
    poor = program.post("orders/by-department", {**body, "more_pictures": True})
    assert poor.status_code == 201
    assert Order.objects.count() == 3


def test_budgets_stop_orders_and_are_told(program: Program, world: World) -> None:
    people = world.hire(3)
    Employee.objects.update(department="Law")
    new = {"department": "Law", "period": "year", "credits": 2}
    made = program.post("credits/budgets", new)
    assert made.status_code == 201
    budget = made.json()
    assert (budget["credits"], budget["taken"]) == (2, 0)
    body = {"look": str(world.look.pk), "employees": [str(person.pk) for person in people]}
    problem(program.post("orders", body), 409, "over_budget")
    raised = program.post("credits/budgets", {**new, "credits": 4}).json()
    assert raised["id"] == budget["id"]
    assert program.post("orders", body).status_code == 201
    place = f"credits/budgets/{budget['id']}"
    assert program.get(place).json()["taken"] == 3
    assert program.get("credits/budgets").json()["data"] == [program.get(place).json()]
    assert program.delete(place).status_code == 204
    problem(program.get(place), 404, "not_found")
    reader = Program.of(world.organisation, ["credits:read"])
    problem(reader.post("credits/budgets", new), 403, "scope_missing")


def test_the_low_balance(program: Program) -> None:
    assert program.get("credits").json()["low_balance"] is None
    assert program.patch("credits", {"low_balance": 20}).json()["low_balance"] == 20
    assert program.get("credits").json()["low_balance"] == 20
    assert program.patch("credits", {"low_balance": None}).json()["low_balance"] is None
    problem(program.patch("credits", {"low_balance": 0}), 422, "invalid")


def test_yes_before_the_pick_delivers_with_it(program: Program, world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    place = f"shoots/{shoot.pk}"
    one = program.get(f"{place}/candidates").json()["data"][0]["id"]
    assert program.post(f"{place}/approve-before", {"candidates": [one]}).status_code == 200
    picked = program.post(f"{place}/pick", {"candidate": one}).json()
    assert picked["state"] == "delivered"
    # Nobody chooses any more: what was not picked is not shown, either.
    assert [seen["id"] for seen in program.get(f"{place}/candidates").json()["data"]] == [one]


def test_a_pick_in_their_place_once_it_is_due(program: Program, world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    body = {"candidate": str(shoot.candidates.first().pk)}
    place = f"shoots/{shoot.pk}/pick-for"
    problem(program.post(place, body), 409, "not_yours_to_pick")
    Order.objects.update(due_at=timezone.now() - timedelta(hours=1))
    assert program.post(place, body).json()["state"] == "approving"


def test_a_no_that_has_new_pictures_made(program: Program, world: World) -> None:
    shoot = world.shoot(State.APPROVING)
    place = f"shoots/{shoot.pk}/redo"
    problem(program.post(place, {"fault": "face"}), 422, "invalid")
    said: dict[str, Any] = program.post(place, {"fault": "glasses"}).json()
    assert (said["state"], said["round"]) == ("queued", 2)
    assert "glasses" in Shoot.objects.get(pk=shoot.pk).redo_reason
    problem(program.post(place, {"fault": "glasses"}), 409, "not_picked")


def test_more_pictures_for_a_credit(program: Program, world: World) -> None:
    shoot = world.shoot(State.CHOOSING)
    before = program.get("credits").json()["available"]
    assert program.post(f"shoots/{shoot.pk}/more-pictures").json()["state"] == "queued"
    assert program.get("credits").json()["available"] == before - 1


def test_a_rendering_is_decided_about(program: Program, world: World) -> None:
    refinish = make_finishing(world)["refinish"]
    place = f"refinishes/{refinish.pk}"
    listed = program.get(f"orders/{refinish.order_id}/refinishes").json()["data"]
    assert listed == [program.get(place).json()]
    assert program.get(place).json()["state"] == "rendering"
    said = program.post(f"{place}/decide", {"decision": "discard"}).json()
    assert (said["state"], said["id"]) == ("discarded", str(refinish.pk))
    problem(program.post(f"{place}/decide", {"decision": "approve"}), 409, "stale")
    problem(program.post(f"{place}/decide", {"decision": "burn"}), 422, "invalid")


def test_publishing_is_begun_and_followed(program: Program, world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    directory = world.directory()
    told = program.get("directories").json()["data"]
    assert [(each["id"], each["kind"]) for each in told] == [(str(directory.pk), "bamboo")]
    assert "secret" not in str(told)
    place = f"orders/{shoot.order_id}/publishing-runs"
    body = {"directory": str(directory.pk), "aim": "rehearse"}
    run = program.post(place, body).json()
    assert run["people"] == {"waiting": 1, "done": 0, "failed": 0}
    assert program.get(f"publishing-runs/{run['id']}").json() == run
    assert program.get(place).json()["data"] == [run]
    problem(program.post(place, body), 409, "running")


def test_usage_by_month_and_department(program: Program, world: World) -> None:
    nothing = {"data": [], "has_more": False, "next_cursor": None}
    assert program.get("credits/usage").json() == nothing
    shoot = world.shoot(State.DELIVERED)
    Shoot.objects.filter(pk=shoot.pk).update(department="Law")
    (row,) = program.get("credits/usage").json()["data"]
    today = timezone.localdate()
    assert (row["month"], row["department"]) == (today.replace(day=1).isoformat(), "Law")
    assert (row["people"], row["headshots"], row["credits"]) == (1, 1, 1)


def test_a_publishing_run_goes_on_with_who_failed(program: Program, world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    body = {"directory": str(world.directory().pk), "aim": "publish"}
    run = program.post(f"orders/{shoot.order_id}/publishing-runs", body).json()
    PublishingRun.objects.update(state="stopped", sentence="Not allowed.")
    Publication.objects.update(state="failed", sentence="Not allowed.")
    stopped = program.get(f"publishing-runs/{run['id']}").json()
    assert (stopped["state"], stopped["people"]["failed"]) == ("stopped", 1)
    again = program.post(f"publishing-runs/{run['id']}/resume")
    assert again.status_code == 202
    assert (again.json()["state"], again.json()["sentence"]) == ("running", "")
    assert again.json()["people"] == {"waiting": 1, "done": 0, "failed": 0}


def test_files_are_named_as_the_partner_says(program: Program, world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    give_files(shoot)
    place = f"orders/{shoot.order_id}"
    assert program.get(place).json()["naming"] == "{last}_{first}_{number}"
    said = program.patch(place, {"naming": "{email}"}).json()
    assert (said["naming"], said["remind_every"]) == ("{email}", 3)
    order = Order.objects.get(pk=shoot.order_id)
    names = [name for name, _data in delivery.files(actor=world.actor, order=order)]
    assert any(shoot.employee.email.partition("@")[0] in name for name in names)
    assert program.patch(place, {"naming": ""}).json()["naming"] == "{last}_{first}_{number}"
