"""Refusals about people, keys, partners and webhooks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.developers import api_keys, partners
from accounts.models import ApiKey, Event, MemberInvitation, Role
from accounts.webhooks import endpoints
from headshots.lib.api.views import VERSION
from tests.api.program import Program
from tests.api.refusing.kit import NOBODYS, ada, put, recipe
from tests.world import World, make_world


@recipe("email_taken")
def _email(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    return program.post("employees", {"email": ada(world).email})


@recipe("external_id_taken")
def _external(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    ada(world, external_id="hr-1")
    return program.post("employees", {"email": "b@b.example", "external_id": "hr-1"})


@recipe("number_taken")
def _number(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    ada(world, employee_number="1007")
    return program.post("employees", {"email": "b@b.example", "employee_number": "1007"})


@recipe("last_owner")
def _owner(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    return program.delete(f"members/{world.organisation.members.get(role=Role.OWNER).pk}")


@recipe("member_already")
def _member(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    world.owner.email = "mira@acme.example"
    world.owner.save()
    return program.post("member-invitations", {"email": "mira@acme.example", "role": "viewer"})


def partners_key(world: World, *wanted: str) -> Program:
    """The key of a partner that acts for the organisation."""
    partner = make_world("Partner").organisation
    partners.grant(
        actor=world.actor,
        organisation=world.organisation,
        partner_id=str(partner.pk),
        wanted=wanted,
    )
    secret = Program.of(partner).secret
    return Program(secret, **{"Headshots-Organisation": str(world.organisation.pk)})


@recipe("member_of_another")
def _anothers(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    viewer = world.organisation.members.get(user=world.member(Role.VIEWER))
    return partners_key(world, "members:write").delete(f"members/{viewer.pk}")


put(
    "owners_alone",
    lambda p, w, m: partners_key(w, "members:write").post(
        "member-invitations", {"email": "mira@acme.example", "role": "owner"}
    ),
)
put(
    "origin",
    lambda p, w, m: p.patch("organisation", {"embed_origins": ["people.example.com/x"]}),
)
put(
    "origin_of_frames",
    lambda p, w, m: p.send("PUT", "embed-origins", {"origins": ["people.example.com/x"]}),
)


def _with_all_taken(program: Program) -> list[str]:
    most = [f"https://{number}.example" for number in range(20)]
    program.patch("organisation", {"embed_origins": most})
    return ["https://partner.example"]


@recipe("too_many_origins")
def _origins(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    theirs = {"embed_origins": _with_all_taken(program)}
    return partners_key(world, "organisation:write").patch("organisation", theirs)


@recipe("too_many_for_frames")
def _of_frames(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    theirs = {"origins": _with_all_taken(program)}
    return partners_key(world, "shoots:write").send("PUT", "embed-origins", theirs)


KEY = {"name": "x", "scopes": ["looks:read"]}
put("network", lambda p, w, m: p.post("keys", {**KEY, "networks": ["10.0.0.0/99"]}))
put("date_passed", lambda p, w, m: p.post("keys", {**KEY, "expires_at": "2020-01-01T00:00:00Z"}))
put(
    "more_than_own",
    lambda p, w, m: Program.of(w.organisation, ["keys:write"]).post(
        "keys", {**KEY, "scopes": ["members:write"]}
    ),
)


@recipe("revoked_already")
def _rotate(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    other = Program.of(world.organisation).key
    api_keys.revoke_key(actor=SYSTEM, key=other)
    return program.post(f"keys/{other.pk}/rotate", {})


GRANT = {"partner": NOBODYS, "scopes": ["looks:read"]}
put("partner_unknown", lambda p, w, m: p.post("partner-grants", GRANT))
put(
    "sandbox",
    lambda p, w, m: Program.of(w.organisation, test=True).post("partner-grants", GRANT),
)
put("url", lambda p, w, m: p.post("webhook-endpoints", {"url": "https://127.0.0.1/"}))


@recipe("too_many_endpoints")
def _endpoints(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    for _ in range(16):
        answer = program.post("webhook-endpoints", {"url": "https://192.0.1.1/"})
        assert answer.status_code == 201
    return program.post("webhook-endpoints", {"url": "https://192.0.1.1/"})


@recipe("disabled")
def _disabled(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    endpoint = world.endpoint()
    endpoints.disable(actor=SYSTEM, endpoint=endpoint)
    return program.post(f"webhook-endpoints/{endpoint.pk}/test")


@recipe("endpoint_of_another")
def _secret(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    partner = make_world("Partner")
    partners.grant(
        actor=world.actor,
        organisation=world.organisation,
        partner_id=str(partner.organisation.pk),
        wanted=["webhooks:write"],
    )
    return Program.of(partner.organisation).post(
        f"webhook-endpoints/{world.endpoint().pk}/rotate",
        Headshots_Organisation=str(world.organisation.pk),
    )


def replay(program: Program, world: World, days: int) -> HttpResponse:
    since = (timezone.now() + timedelta(days=days)).isoformat()
    return program.post(f"webhook-endpoints/{world.endpoint().pk}/replay", {"since": since})


put(
    "until_before_since",
    lambda p, w, m: p.post(
        f"webhook-endpoints/{w.endpoint().pk}/replay",
        {"since": (now := timezone.now().isoformat()), "until": now},
    ),
)
put("since_future", lambda p, w, m: replay(p, w, 2))
put("since_long_ago", lambda p, w, m: replay(p, w, -40))


put("time_zone", lambda p, w, m: p.patch("organisation/clocks", {"time_zone": "Berlin"}))
put(
    "location",
    lambda p, w, m: p.patch("organisation/clocks", {"locations": {"Atlantis": "Europe/Paris"}}),
)


@recipe("too_many_keys")
def _keys(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    ApiKey.objects.bulk_create(
        ApiKey(organisation=world.organisation, name="x", public_id=f"{n:016}", version=VERSION)
        for n in range(99)
    )
    return program.post("keys", KEY)


@recipe("too_many_invitations")
def _invitations(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    MemberInvitation.objects.bulk_create(
        MemberInvitation(
            organisation=world.organisation,
            email=f"{n}@acme.example",
            role=Role.VIEWER,
            expires_at=timezone.now() + timedelta(days=1),
        )
        for n in range(100)
    )
    return program.post("member-invitations", {"email": "mira@acme.example", "role": "viewer"})


@recipe("invitation_over")
def _over(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    invitation = world.invite_member()
    MemberInvitation.objects.update(accepted_at=timezone.now())
    return program.delete(f"member-invitations/{invitation.pk}")


put("organisation_name", lambda p, w, m: p.patch("organisation", {"name": "!!!"}))
put("hours", lambda p, w, m: p.patch("organisation/clocks", {"quiet_from": 8, "quiet_until": 8}))


def with_attributes(program: Program, attributes: dict[str, str]) -> HttpResponse:
    return program.post("employees", {"email": "a@b.example", "attributes": attributes})


put("attribute", lambda p, w, m: with_attributes(p, {"x" * 61: "y"}))
put("attributes", lambda p, w, m: with_attributes(p, {f"x{n}": "y" for n in range(31)}))


@recipe("too_many_events")
def _events(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    endpoint = world.endpoint()
    Event.objects.filter(organisation=world.organisation).delete()
    Event.objects.bulk_create(
        Event(organisation=world.organisation, type="order.placed", payload="{}")
        for _ in range(10_001)
    )
    since = (timezone.now() - timedelta(days=1)).isoformat()
    return program.post(f"webhook-endpoints/{endpoint.pk}/replay", {"since": since})
