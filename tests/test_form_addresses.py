"""Addresses that take a form alone: opened as a page, they lead to the page above them."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from tests.test_isolation import EMPLOYEE, TABLE, thing
from tests.world import World, token

PAGE = {"accept": "text/html,application/xhtml+xml"}


def test_whoever_opens_one_comes_to_a_page(world: World, client: Client, settings: Any) -> None:
    settings.DNS_SERVER = "127.0.0.1:9"
    client.force_login(world.owner)
    pages = {case.route for case in TABLE if case.method == "get"}
    led = {}
    for case in TABLE:
        if case.route in pages:
            continue
        place = reverse(case.route, kwargs=thing(world, case.needs))
        answer = client.get(place, headers=PAGE, follow=True)
        assert answer.status_code == 200, place
        assert b"<main" in answer.content, place
        led[case.route] = answer.request["PATH_INFO"]
    slug = world.organisation.slug
    assert led["member_invite"] == f"/o/{slug}/members"
    assert led["organisation_rename"] == f"/o/{slug}/settings"
    assert led["webhook_delivery_replay"].count("/") == 6
    assert len(led) > 50


def test_an_employees_forms_lead_to_their_own_page(world: World, client: Client) -> None:
    shoot = world.shoot()
    start = reverse("employee:start", args=[token(shoot)])
    for name, method, needs in EMPLOYEE:
        if method == "post" and needs == "shoot":
            place = reverse(f"employee:{name}", args=[token(shoot)])
            assert client.get(place, headers=PAGE, follow=True).request["PATH_INFO"] == start


def test_a_refused_form_can_be_read_in_another_language(world: World, client: Client) -> None:
    client.force_login(world.owner)
    slug = world.organisation.slug
    refused = client.post(reverse("member_invite", args=[slug]), {"email": "nobody"})
    assert refused.status_code == 422
    said = {"language": "de", "next": refused.request["PATH_INFO"]}
    answer = client.post(reverse("set_language"), said, headers=PAGE, follow=True)
    assert answer.status_code == 200
    assert 'lang="de"' in answer.content.decode()
    assert answer.request["PATH_INFO"] == f"/o/{slug}/members"


def test_programs_are_told_that_it_is_no_page(world: World, client: Client) -> None:
    client.force_login(world.owner)
    place = reverse("member_invite", args=[world.organisation.slug])
    assert client.get(place).status_code == 405
    assert client.get("/api/v1/employees/upsert", headers=PAGE).status_code in (401, 405)
