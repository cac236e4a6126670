"""The employees' way inside a partner's product."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.consent import invitations
from accounts.developers import embedding
from accounts.membership.organisations import allow_framing
from accounts.models import EmbedLink, Invitation, Organisation
from generation import states
from generation.inviting import personal_links
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


def test_a_shoot_that_is_begun_with_a_way_back_has_its_link(
    program: Program, embedded: World
) -> None:
    (person,) = embedded.hire()
    wanted = {"employee": str(person.pk), "look": str(embedded.look.pk), "return_url": BACK}
    made = program.post("shoots", wanted, Idempotency_Key="once")
    assert made.status_code == 201
    assert program.post("shoots", wanted, Idempotency_Key="once").json() == made.json()
    said = made.json()
    page = Client().get(said["embed_link"]["url"].split("8000", 1)[-1], follow=True)
    assert (page.status_code, ancestors(page)) == (200, ORIGIN)
    assert BACK in page.content.decode().replace("&amp;", "&")
    # What is read later is the same without the link, and so is its state.
    read = program.get(f"shoots/{said['id']}")
    assert read.json() == {name: said[name] for name in said if name != "embed_link"}
    place = f"shoots/{said['id']}/cancel"
    assert program.post(place, If_Match=made["ETag"]).json()["state"] == "cancelled"
    problem(program.post(place, If_Match=made["ETag"]), 412, "changed")


def test_a_shoot_without_a_way_back_has_no_link(program: Program, embedded: World) -> None:
    (person,) = embedded.hire()
    wanted = {"employee": str(person.pk), "look": str(embedded.look.pk)}
    assert program.post("shoots", wanted).json()["embed_link"] is None
    assert not EmbedLink.objects.exists()


def test_no_shoot_is_begun_for_a_link_that_cannot_be_had(program: Program, embedded: World) -> None:
    (person,) = embedded.hire()
    wanted = {"employee": str(person.pk), "look": str(embedded.look.pk)}
    elsewhere = {**wanted, "return_url": "https://evil.example/done"}
    refused = problem(program.post("shoots", elsewhere), 422, "origin_not_allowed")
    assert refused["field"] == "return_url"
    # Whoever may order and no more does not come in as the employee.
    ordering = Program.of(embedded.organisation, ["orders:write", "shoots:read"])
    problem(ordering.post("shoots", {**wanted, "return_url": BACK}), 403, "scope_missing")
    assert not Order.objects.exists()
    assert ordering.post("shoots", wanted).status_code == 201


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


def test_each_link_is_for_its_own_page_however_many_there_are(
    program: Program, embedded: World
) -> None:
    other = "https://other.example.com"
    origins = [ORIGIN, other]
    allow_framing(actor=embedded.actor, organisation=embedded.organisation, origins=origins)
    shoot = embedded.shoot(State.COLLECTING)
    backs = [f"{ORIGIN}/a", f"{other}/b", f"{ORIGIN}/c"]
    paths = [link(program, shoot, back) for back in backs]
    client = Client()

    def shown(path: str) -> tuple[str, list[str]]:
        page = client.get(path, follow=True)
        return ancestors(page), [back for back in backs if back in page.content.decode()]

    assert [shown(path) for path in paths] == [
        (ORIGIN, backs[:1]),
        (other, backs[1:2]),
        (ORIGIN, backs[2:]),
    ]
    # All along the way: parts of the page, what is sent, what is refused.
    way = client.get(paths[0])["Location"]
    assert client.post(f"{way}wishes", follow=True).redirect_chain[-1][0] == way
    for answer in (client.get(f"{way}data"), client.post(f"{way}hand-in", follow=True)):
        assert (ancestors(answer), backs[1] in answer.content.decode()) == (ORIGIN, False)
    # One origin that is taken away leaves the others.
    allow_framing(actor=embedded.actor, organisation=embedded.organisation, origins=[other])
    assert [shown(path) for path in paths] == [("'none'", []), (other, backs[1:2]), ("'none'", [])]
    # The personal link itself is nobody's frame, nor what is made up behind it.
    personal = way.partition("~")[0]
    someone = EmbedLink.objects.get(return_url=backs[1])
    elsewhere = link(program, embedded.shoot(), f"{other}/x")
    foreign = client.get(elsewhere)["Location"].partition("~")[2]
    assert shown(f"{personal}~{someone.pk.hex}/") == (other, backs[1:2])
    for made_up in ("/", "~/", "~x/", f"~{foreign}", f"~{shoot.pk.hex}/"):
        assert shown(f"{personal}{made_up}") == ("'none'", [])


def test_links_that_ended_long_ago_are_not_kept(program: Program, embedded: World) -> None:
    shoot = embedded.shoot()
    old, newer = (link(program, shoot, f"{ORIGIN}/{name}") for name in ("old", "newer"))
    way = Client().get(old)["Location"]
    ended = EmbedLink.objects.filter(return_url=f"{ORIGIN}/old")
    ended.update(expires_at=timezone.now() - timedelta(hours=1))
    link(program, shoot)
    # Who has the way open goes on.
    assert ancestors(Client().get(way)) == ORIGIN
    ended.update(expires_at=timezone.now() - embedding.KEPT - timedelta(hours=1))
    link(program, shoot)
    assert ancestors(Client().get(way)) == "'none'"
    assert Client().get(old).status_code == 404
    assert ancestors(Client().get(newer, follow=True)) == ORIGIN


def test_a_refusal_shows_in_the_frame(program: Program, embedded: World) -> None:
    shoot = embedded.shoot(State.COLLECTING)
    client = Client(enforce_csrf_checks=True)
    way = client.get(link(program, shoot))["Location"]
    # A picture of somebody else's; a form that no longer fits what happened meanwhile.
    missing = client.get(f"{way}certificate")
    assert (missing.status_code, ancestors(missing)) == (404, ORIGIN)
    with transaction.atomic():
        states.move(actor=embedded.actor, shoot=states.locked(shoot.pk), to=State.CANCELLED)
    refused = client.post(f"{way}opt-out")
    assert refused.status_code == 409
    assert ancestors(refused) == ORIGIN
    assert "X-Frame-Options" not in refused
    assert "data-problem" in refused.content.decode()


def test_a_link_that_is_no_longer_good_says_so_in_the_frame(
    program: Program, embedded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot, other = embedded.shoot(), embedded.shoot()
    client = Client(enforce_csrf_checks=True)
    path, way = link(program, shoot), client.get(link(program, other))["Location"]

    def shown(page: Any, status: int) -> None:
        assert (page.status_code, ancestors(page)) == (status, ORIGIN)
        assert "X-Frame-Options" not in page
        # Nothing on it needs a cookie, which a frame would not keep.
        assert 'action="/language"' not in page.content.decode()

    # The personal link behind the frame: run out, replaced, revoked.
    Invitation.objects.filter(pk=other.invitation_id).update(expires_at=timezone.now())
    shown(client.get(way), 410)
    invitations.renew(invitation=other.invitation, expires_at=timezone.now() + timedelta(days=1))
    shown(client.get(way), 404)
    sent = client.post(f"/fresh-link/{way.strip('/').split('/')[-1]}")
    shown(sent, 200)
    personal_links.revoke(actor=embedded.actor, shoot=other)
    shown(client.get(way), 404)
    # The link of the frame itself: past its day, replaced.
    before = embedding.LIFE
    monkeypatch.setattr(embedding, "LIFE", before * 0)
    shown(client.get(path), 410)
    monkeypatch.setattr(embedding, "LIFE", before)
    invitations.renew(invitation=shoot.invitation)
    shown(client.get(path), 404)
    # Of one that was altered nobody knows whose it was, and an origin taken away shows nothing.
    assert ancestors(client.get(path[:-1] + ("a" if path[-1] != "a" else "b"))) == "'none'"
    allow_framing(actor=embedded.actor, organisation=embedded.organisation, origins=[])
    assert ancestors(client.get(path)) == "'none'"
    assert ancestors(client.get(way)) == "'none'"


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


def test_a_personal_link_past_its_time_opens_in_no_frame(program: Program, embedded: World) -> None:
    shoot = embedded.shoot()
    past = timezone.now() - timedelta(seconds=1)
    Invitation.objects.filter(pk=shoot.invitation_id).update(expires_at=past)
    answer = program.post(f"shoots/{shoot.pk}/embed-links", {"return_url": BACK})
    problem(answer, 409, "link_closed")


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
