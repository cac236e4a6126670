"""Who may ask: keys, their end, networks, scopes, throttles, versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.developers import api_keys
from accounts.models import ApiKey
from headshots.lib.api.views import VERSION
from tests.api.program import Program, make_key, problem
from tests.world import World, make_world


def test_a_key_is_asked_for(world: World) -> None:
    said = Client().get("/api/v1/organisation")
    problem(said, 401, "key_missing")
    assert said["WWW-Authenticate"] == "Bearer"


def test_a_key_reads_its_organisation_and_is_noted(program: Program, world: World) -> None:
    response = program.get("organisation")
    assert response.json()["id"] == str(world.organisation.pk)
    assert response["Headshots-Version"] == VERSION
    key = program.key
    assert key.last_used_from == "127.0.0.1"
    assert key.last_used_at is not None


def test_secrets_are_not_kept(world: World) -> None:
    new = make_key(world.organisation)
    row = ApiKey.objects.filter(pk=new.key.pk).values().get()
    assert new.secret.startswith("hs_live_")
    random = new.secret.rsplit("_", 1)[1]
    assert random not in repr(row)


def test_a_secret_that_is_wrong_at_its_end_is_unknown(program: Program) -> None:
    last = "a" if program.secret[-1] != "a" else "b"
    problem(Program(program.secret[:-1] + last).get("organisation"), 401, "key_unknown")
    swapped = program.secret.replace("hs_live", "hs_test")
    problem(Program(swapped).get("organisation"), 401, "key_unknown")


def test_a_key_ends_to_the_second(program: Program) -> None:
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
    assert program.get("organisation").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    problem(program.get("organisation"), 401, "key_expired")


def test_revoking_shuts_out_at_once(program: Program) -> None:
    api_keys.revoke_key(actor=SYSTEM, key=program.key)
    problem(program.get("organisation"), 401, "key_revoked")


def test_two_secrets_live_while_a_key_is_rotated(program: Program) -> None:
    new = api_keys.rotate_key(actor=SYSTEM, key=program.key, overlap=timedelta(hours=24))
    assert Program(new.secret).get("organisation").status_code == 200
    assert program.get("organisation").status_code == 200
    newer = api_keys.rotate_key(actor=SYSTEM, key=program.key, overlap=timedelta(hours=24))
    assert Program(new.secret).get("organisation").status_code == 200
    assert Program(newer.secret).get("organisation").status_code == 200
    problem(program.get("organisation"), 401, "key_unknown")
    ApiKey.objects.update(previous_until=timezone.now() - timedelta(seconds=1))
    problem(Program(new.secret).get("organisation"), 401, "key_unknown")


def test_a_key_is_used_from_its_networks_alone(world: World) -> None:
    program = Program.of(world.organisation, networks=["203.0.113.0/24"])
    problem(program.get("organisation"), 403, "address_refused")
    program.client.defaults["REMOTE_ADDR"] = "203.0.113.9"
    assert program.get("organisation").status_code == 200
    program.client.defaults["REMOTE_ADDR"] = "::ffff:203.0.113.9"
    assert program.get("organisation").status_code == 200


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.9/32"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
    ],
)
def test_an_ipv4_network_in_the_manner_of_ipv6_is_what_it_is(
    program: Program, said: str, kept: str
) -> None:
    body = {"name": "CI", "scopes": ["organisation:read"], "networks": [said]}
    made = program.post("keys", body).json()
    assert made["networks"] == [kept]
    if "." in said:
        caller = Program(made["secret"])
        caller.client.defaults["REMOTE_ADDR"] = "203.0.113.9"
        assert caller.get("organisation").status_code == 200


def test_scopes_are_kept(world: World) -> None:
    program = Program.of(world.organisation, ["employees:read"])
    assert program.get("employees").status_code == 200
    new = {"email": "a@b.example"}
    problem(program.post("employees", new), 403, "scope_missing")
    problem(program.get("looks"), 403, "scope_missing")
    writer = Program.of(world.organisation, ["employees:write"])
    assert writer.get("employees").status_code == 200


def test_a_minute_has_so_many_requests(world: World, settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = 3
    program = Program.of(world.organisation)
    left = [program.get("organisation")["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = program.get("organisation")
    problem(refused, 429, "throttled")
    assert 1 <= int(refused["Retry-After"]) <= 60
    ApiKey.objects.update(minute_began=timezone.now() - timedelta(seconds=61))
    assert program.get("organisation").status_code == 200
    assert Program.of(world.organisation).get("organisation").status_code == 200


def test_an_unknown_version_is_refused(program: Program) -> None:
    problem(program.get("organisation", Headshots_Version="2020-01-01"), 400, "version")


def test_a_key_stays_at_the_version_that_it_was_made_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Program.of(world.organisation)
    monkeypatch.setattr("headshots.lib.api.views.VERSIONS", (VERSION, "2027-03-01"))
    after = Program(
        api_keys.make_key(
            actor=SYSTEM,
            organisation=world.organisation,
            name="Newer",
            wanted=["organisation:read"],
            version="2027-03-01",
        ).secret
    )
    assert before.get("organisation")["Headshots-Version"] == VERSION
    assert after.get("organisation")["Headshots-Version"] == "2027-03-01"
    asked = before.get("organisation", Headshots_Version="2027-03-01")
    assert asked["Headshots-Version"] == "2027-03-01"
    assert before.get("organisation")["Headshots-Version"] == VERSION


def test_closing_an_organisation_ends_its_keys(program: Program, world: World) -> None:
    from generation.leaving.closing import close_organisation

    close_organisation(
        actor=world.actor, organisation=world.organisation, typed_name=world.organisation.name
    )
    problem(program.get("organisation"), 401, "key_revoked")


def test_a_partner_acts_as_long_as_it_may(world: World) -> None:
    from accounts.developers import partners

    customer = make_world("Customer")
    partner = Program.of(world.organisation)
    partner.headers["Headshots-Organisation"] = str(customer.organisation.pk)
    problem(partner.get("employees"), 404, "not_found")
    grant = partners.grant(
        actor=customer.actor,
        organisation=customer.organisation,
        partner_id=str(world.organisation.pk),
        wanted=["employees:read"],
    )
    customer.hire()
    assert len(partner.get("employees").json()["data"]) == 1
    problem(partner.post("employees", {"email": "x@y.example"}), 403, "scope_missing")
    problem(partner.get("looks"), 403, "scope_missing")
    partners.withdraw(actor=customer.actor, grant=grant)
    problem(partner.get("employees"), 404, "not_found")
