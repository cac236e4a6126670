"""The employees' way inside a partner's product."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import signing
from django.test import Client

from accounts.developers import embedding
from accounts.membership.organisations import allow_framing
from accounts.models import Organisation
from generation.models import Order, Shoot, State
from tests.api.program import Program, problem
from tests.world import World

ORIGIN = "https://people.example.com"
BACK = f"{ORIGIN}/done?id=7"


@pytest.fixture
def embedded(world: World) -> World:
    allow_framing(actor=world.actor, organisation=world.organisation, origins=[ORIGIN])
    return world


def link(program: Program, shoot: Shoot, back: str = BACK) -> str:
    made = program.post(f"shoots/{shoot.pk}/embed-links", {"return_url": back})
    assert made.status_code == 201, made.content
    return str(made.json()["url"]).split("8000", 1)[-1]


def ancestors(response: Any) -> str:
    (found,) = [
        part.strip()
        for part in response["Content-Security-Policy"].split(";")
        if "frame-ancestors" in part
    ]
    return found.removeprefix("frame-ancestors ")


def test_from_a_shoot_to_the_way_in_a_frame(program: Program, embedded: World) -> None:
    (person,) = embedded.hire()
    made = program.post("shoots", {"employee": str(person.pk), "look": str(embedded.look.pk)})
    assert made.status_code == 201
    shoot = Shoot.objects.get(pk=made.json()["id"])
    client = Client(enforce_csrf_checks=True)
    page = client.get(link(program, shoot), follow=True)
    assert page.status_code == 200
    assert ancestors(page) == ORIGIN
    assert "X-Frame-Options" not in page
    assert BACK in page.content.decode().replace("&amp;", "&")
    # Cookies do not reach a frame, so signing works without any.
    client.cookies.clear()
    way = page.redirect_chain[-1][0]
    signed = client.post(
        f"{way}release",
        {"typed_name": "Ada", "read_hash": page.context["release"].sha256},
    )
    assert signed.status_code == 302
    shoot.refresh_from_db()
    assert shoot.state == State.COLLECTING


def test_others_pages_stay_unframed(program: Program, embedded: World) -> None:
    from tests.world import token

    link(program, embedded.shoot())
    page = Client().get(f"/i/{token(embedded.shoot())}/")
    assert ancestors(page) == "'none'"
    assert page["X-Frame-Options"] == "DENY"


def test_an_origin_that_is_taken_away_is_shut_out_at_once(
    program: Program, embedded: World
) -> None:
    path = link(program, embedded.shoot())
    allow_framing(actor=embedded.actor, organisation=embedded.organisation, origins=[])
    page = Client().get(path, follow=True)
    assert ancestors(page) == "'none'"
    assert BACK not in page.content.decode()


@pytest.mark.parametrize(
    ("back", "code"),
    [
        ("https://evil.example/done", "origin_not_allowed"),
        ("https://people.example.com.evil.example/", "origin_not_allowed"),
        ("https://people.example.com:444/", "origin_not_allowed"),
        ("https://people.example.com@evil.example/", "return_url"),
        ("https://evil.example\\@people.example.com/", "return_url"),
        ("javascript:alert(1)//people.example.com", "return_url"),
        ("//people.example.com/x", "return_url"),
        ("https://people.example.com/\nx", "return_url"),
    ],
)
def test_addresses_to_come_back_to(program: Program, embedded: World, back: str, code: str) -> None:
    shoot = embedded.shoot()
    answer = program.post(f"shoots/{shoot.pk}/embed-links", {"return_url": back})
    assert problem(answer, 422, code)["field"] == "return_url"


def test_links_that_are_altered_or_old(
    program: Program, embedded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = link(program, embedded.shoot())
    assert Client().get(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 404
    forged = signing.dumps([embedded.shoot().invitation_id.hex, 1], salt="another")
    assert Client().get(f"/e/{forged}").status_code == 404
    monkeypatch.setattr(embedding, "LIFE", embedding.LIFE * 0)
    assert Client().get(path).status_code == 410


def test_origins_are_origins(program: Program, world: World) -> None:
    for wrong in ("https://*.example.com", "https://a.example/path", "http://a.example", "x"):
        problem(program.patch("organisation", {"embed_origins": [wrong]}), 422, "origin")
    good = program.patch("organisation", {"embed_origins": ["HTTPS://A.example:443/"]})
    assert good.json()["embed_origins"] == ["https://a.example"]
    assert Organisation.objects.get(pk=world.organisation.pk).embed_origins == ["https://a.example"]


def test_a_shoot_needs_a_credit(program: Program, world: World) -> None:
    from billing import ledger

    free = ledger.balance(organisation=world.organisation).available
    ledger.hold(actor=world.actor, organisation=world.organisation, amount=free, source_key="all")
    (person,) = world.hire()
    wanted = {"employee": str(person.pk), "look": str(world.look.pk)}
    problem(program.post("shoots", wanted), 402, "credits_missing")
    assert not Order.objects.exists()
