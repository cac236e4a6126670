"""Refusals about what the organisation has set: domains, single sign-on, its end."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from accounts.developers import partners
from accounts.models import Tally
from accounts.sso import domains
from generation.models import PublishingRun
from tests.api.program import Program, claim_domain, name_provider
from tests.api.refusing.kit import put, recipe
from tests.world import World, make_world

put("domain", lambda p, w, m: p.post("domains", {"domain": "example"}))
put(
    "live_alone",
    lambda p, w, m: Program.of(w.organisation, test=True).post("domains", {"domain": "a.example"}),
)


def check(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    patch.setattr(domains.txt_records, "texts", lambda name: [])
    return program.post(f"domains/{claim_domain(world).pk}/check")


put("record_missing", check)


@recipe("too_often")
def _often(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    check(program, world, patch)
    Tally.objects.update(count=60)
    return check(program, world, patch)


OIDC = {"kind": "openid_connect", "client_id": "x", "secret": "x"}
put("address", lambda p, w, m: p.send("PUT", "single-sign-on", {**OIDC, "issuer": "login.example"}))
put(
    "own_second_factor",
    lambda p, w, m: p.patch("organisation", {"second_factor_required": True}),
)


@recipe("secret_again")
def _secret(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    name_provider(world)
    said = {"kind": "openid_connect", "issuer": "https://login.other.example", "client_id": "x"}
    return program.send("PUT", "single-sign-on", said)


@recipe("untested")
def _untested(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    name_provider(world)
    return program.patch("single-sign-on", {"required": True})


put("closing_name", lambda p, w, m: p.post("organisation/closing", {"name": "Acne"}))


@recipe("own_key")
def _own(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    partner = make_world("Partner")
    partners.grant(
        actor=world.actor,
        organisation=world.organisation,
        partner_id=str(partner.organisation.pk),
        wanted=["organisation:write"],
    )
    return Program.of(partner.organisation).post(
        "organisation/closing",
        {"name": "Acme"},
        Headshots_Organisation=str(world.organisation.pk),
    )


put(
    "missing",
    lambda p, w, m: p.post("directories", {"kind": "bamboo", "values": {"company": "acme"}}),
)


@recipe("directory_of_another")
def _directory(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    world.directory()
    partner = make_world("Partner")
    partners.grant(
        actor=world.actor,
        organisation=world.organisation,
        partner_id=str(partner.organisation.pk),
        wanted=["headshots:write"],
    )
    return Program.of(partner.organisation).post(
        "directories",
        {"kind": "bamboo", "values": {"company": "acme", "api_key": "x"}},
        Headshots_Organisation=str(world.organisation.pk),
    )


@recipe("running")
def _running(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    directory = world.directory()
    PublishingRun.objects.create(
        order=world.order(), directory=directory, aim="publish", state="running"
    )
    return program.delete(f"directories/{directory.pk}")
