"""Refusals about what the organisation has set: domains, single sign-on, its end."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from accounts.developers import partners
from accounts.models import DomainClaim, IdentityProvider, Tally
from accounts.sso import domains
from generation.models import Publication, PublishingRun, State
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


@recipe("team_page_of_another")
def _team_page(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    program.send("PUT", "team-page", {"sites": []})
    partner = make_world("Partner")
    partners.grant(
        actor=world.actor,
        organisation=world.organisation,
        partner_id=str(partner.organisation.pk),
        wanted=["headshots:write"],
    )
    return Program.of(partner.organisation).send(
        "PUT",
        "team-page",
        {"sites": ["https://www.partner.example"]},
        Headshots_Organisation=str(world.organisation.pk),
    )


@recipe("running")
def _running(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    directory = world.directory()
    PublishingRun.objects.create(
        order=world.order(), directory=directory, aim="publish", state="running"
    )
    return program.delete(f"directories/{directory.pk}")


@recipe("domain_taken")
def _taken(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    claim_domain(make_world("Other"))
    DomainClaim.objects.update(proved_at=timezone.now())
    claim = claim_domain(world)
    patch.setattr(domains.txt_records, "texts", lambda name: [domains.record_text(claim)])
    return program.post(f"domains/{claim.pk}/check")


@recipe("too_many_domains")
def _domains(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    DomainClaim.objects.bulk_create(
        DomainClaim(organisation=world.organisation, domain=f"{n}.example", token="x")
        for n in range(50)
    )
    return program.post("domains", {"domain": "acme.example"})


@recipe("last_domain")
def _last(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    claim = claim_domain(world)
    DomainClaim.objects.update(proved_at=timezone.now())
    name_provider(world)
    IdentityProvider.objects.update(required=True, tested_at=timezone.now())
    return program.delete(f"domains/{claim.pk}")


SAML = {"kind": "saml", "entity_id": "https://idp.example", "sso_url": "https://idp.example/sso"}
put("certificate", lambda p, w, m: p.send("PUT", "single-sign-on", {**SAML, "certificate": "x"}))
put(
    "provider_field",
    lambda p, w, m: p.send(
        "PUT",
        "single-sign-on",
        {"kind": "openid_connect", "issuer": "https://login.acme.example", "client_id": "x"},
    ),
)


@recipe("no_way_in")
def _no_way_in(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    name_provider(world)
    IdentityProvider.objects.update(tested_at=timezone.now())
    return program.patch("single-sign-on", {"required": True})


def connect(program: Program, kind: str, **values: str) -> HttpResponse:
    return program.post("directories", {"kind": kind, "values": values})


put("company", lambda p, w, m: connect(p, "bamboo", company="acme.bamboohr.com", api_key="x"))
put(
    "tenant",
    lambda p, w, m: connect(p, "entra", tenant="our tenant", client_id="x", client_secret="x"),
)
put(
    "service_account",
    lambda p, w, m: connect(p, "google", administrator="a@acme.example", service_account="{}"),
)
put("tokens", lambda p, w, m: connect(p, "slack", tokens="nonsense"))


@recipe("publishing_already")
def _already(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot, directory = world.shoot(State.DELIVERED), world.directory()
    PublishingRun.objects.create(
        order=shoot.order, directory=directory, aim="publish", state="running"
    )
    body = {"directory": str(directory.pk), "aim": "rehearse"}
    return program.post(f"orders/{shoot.order_id}/publishing-runs", body)


@recipe("undone")
def _undone(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    shoot = world.shoot(State.DELIVERED)
    fields: Any = {"order": shoot.order, "directory": world.directory(), "state": "done"}
    run = PublishingRun.objects.create(**fields, aim="publish")
    Publication.objects.create(run=run, shoot=shoot, wrote=True, had_before=False)
    undone = PublishingRun.objects.create(**fields, aim="undo", undoes=run)
    Publication.objects.create(run=undone, shoot=shoot, wrote=True)
    return program.post(f"publishing-runs/{run.pk}/undo")
