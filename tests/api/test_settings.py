"""What an organisation has set, by API: domains, its provider, second factors, directories, its
end."""

from __future__ import annotations

import json

from allauth.mfa.models import Authenticator

from accounts.developers import partners
from accounts.models import AuditEntry, IdentityProvider, Organisation
from accounts.sso import domains, providers
from generation.models import Directory, State
from generation.publishing import directories
from headshots.lib import sealed
from tests.accounts.sso.conftest import Zone
from tests.api.program import Program, claim_domain, name_provider, problem
from tests.world import World, make_world

NOBODYS = "00000000-0000-7000-8000-000000000000"
OIDC = {
    "kind": "openid_connect",
    "issuer": "https://login.acme.example",
    "client_id": "headshots",
    "secret": "s3cret",
}


def give_second_factor(world: World) -> None:
    Authenticator.objects.create(user=world.owner, type=Authenticator.Type.TOTP, data={})


def test_a_domain_is_claimed_proved_and_given_up(
    program: Program, world: World, zone: Zone
) -> None:
    made = program.post("domains", {"domain": "Acme.example"}).json()
    place = f"domains/{made['id']}"
    problem(program.post(f"{place}/check"), 409, "record_missing")
    zone.records[made["record_name"]] = [made["record_text"]]
    assert program.post(f"{place}/check").json()["proved_at"]
    claim = domains.proved_for("mira@acme.example")
    assert claim is not None
    assert str(claim.pk) == made["id"]
    other = Program.of(make_world("Other").organisation)
    theirs = other.post("domains", {"domain": "acme.example"}).json()
    zone.records[theirs["record_name"]].append(theirs["record_text"])
    problem(other.post(f"domains/{theirs['id']}/check"), 409, "domain_taken")
    assert program.delete(place).status_code == 204
    assert domains.proved_for("mira@acme.example") is None


def test_looking_for_a_record_is_counted_though_it_is_not_there(
    program: Program, world: World, zone: Zone
) -> None:
    made = program.post("domains", {"domain": "acme.example"}).json()
    answers = [program.post(f"domains/{made['id']}/check").status_code for _ in range(61)]
    assert answers == [409] * 60 + [429]


def test_a_provider_is_written_without_its_secret_being_told(
    program: Program, world: World
) -> None:
    problem(program.get("single-sign-on"), 404, "not_found")
    made = program.send("PUT", "single-sign-on", OIDC)
    assert "s3cret" not in made.content.decode()
    assert made.json()["has_secret"]
    row = IdentityProvider.objects.get()
    assert providers.secret_of(row.app) == "s3cret"
    kept = {name: value for name, value in OIDC.items() if name != "secret"}
    assert program.send("PUT", "single-sign-on", kept).json()["has_secret"]
    # It is sent to the issuer, so another one is not sent the one that is kept.
    for other in ({"issuer": "https://login.evil.example"}, {"client_id": "other"}):
        problem(program.send("PUT", "single-sign-on", {**kept, **other}), 422, "secret_again")
        row.app.refresh_from_db()
        assert row.app.settings["server_url"] == OIDC["issuer"]
        assert providers.secret_of(row.app) == "s3cret"
    moved = {**OIDC, "issuer": "https://login.other.example", "secret": "n3w"}
    assert program.send("PUT", "single-sign-on", moved).status_code == 200
    row.app.refresh_from_db()
    assert providers.secret_of(row.app) == "n3w"
    problem(program.patch("single-sign-on", {"required": True}), 409, "untested")
    providers.note_test(provider=row, email="mira@acme.example", problem="")
    # Nobody could come in any more when it is down.
    problem(program.patch("single-sign-on", {"required": True}), 409, "own_second_factor")
    give_second_factor(world)
    assert program.patch("single-sign-on", {"required": True}).json()["required"]
    assert program.delete("single-sign-on").status_code == 204
    assert not IdentityProvider.objects.exists()


def test_second_factors_are_required_once_an_owner_has_one(program: Program, world: World) -> None:
    wanted = {"second_factor_required": True}
    problem(program.patch("organisation", wanted), 422, "own_second_factor")
    assert not Organisation.objects.get(pk=world.organisation.pk).second_factor_required
    give_second_factor(world)
    assert program.patch("organisation", wanted).json()["second_factor_required"]


def test_a_directory_is_connected_renewed_and_removed(program: Program, world: World) -> None:
    body = {"kind": "bamboo", "values": {"company": "acme", "api_key": "k3y"}}
    made = program.post("directories", body)
    assert "k3y" not in made.content.decode()
    row = Directory.objects.get()
    assert json.loads(sealed.unseal(row.sealed, purpose=directories.PURPOSE)) == {"api_key": "k3y"}
    body["values"] = {"company": "acme", "api_key": "n3w"}
    again = program.post("directories", {**body, "closer": 10}).json()
    assert (again["id"], again["closer"]) == (str(row.pk), 10)
    assert again["options"] == {"company": "acme"}
    assert program.delete(f"directories/{row.pk}").status_code == 204
    assert not Directory.objects.exists()


def test_settings_are_the_organisations_not_its_sandboxs(program: Program, world: World) -> None:
    test = Program.of(world.organisation, test=True)
    for method, path, body in (
        ("POST", "domains", {"domain": "acme.example"}),
        ("PUT", "single-sign-on", OIDC),
        ("PATCH", "organisation", {"second_factor_required": True}),
        ("POST", "organisation/closing", {"name": "Acme"}),
        ("POST", "member-invitations", {"email": "contractor@x.example", "role": "admin"}),
        ("PATCH", f"members/{NOBODYS}", {"role": "admin"}),
        ("DELETE", f"members/{NOBODYS}", None),
        ("DELETE", f"member-invitations/{NOBODYS}", None),
    ):
        problem(test.send(method, path, body), 409, "sandbox")


def test_a_partner_does_not_say_how_members_sign_in(world: World) -> None:
    partner = make_world("Partner").organisation
    partners.grant(
        actor=world.actor,
        organisation=world.organisation,
        partner_id=str(partner.pk),
        wanted=["organisation:write"],
    )
    acting = {"Headshots-Organisation": str(world.organisation.pk)}
    theirs = Program(Program.of(partner).secret, **acting)
    claim, provider = claim_domain(world), name_provider(world)
    for method, place, body in (
        ("POST", "domains", {"domain": "other.example"}),
        ("POST", f"domains/{claim.pk}/check", None),
        ("DELETE", f"domains/{claim.pk}", None),
        ("PUT", "single-sign-on", {**OIDC, "issuer": "https://login.partner.example"}),
        ("PATCH", "single-sign-on", {"required": False}),
        ("DELETE", "single-sign-on", None),
        ("PATCH", "organisation", {"second_factor_required": False}),
    ):
        problem(theirs.send(method, place, body), 403, "own_key")
    assert list(world.organisation.domains.all()) == [claim]
    provider.app.refresh_from_db()
    assert provider.app.settings["server_url"] == "https://login.acme.example"
    # The rest of what the scope says it may.
    assert theirs.get("single-sign-on").status_code == 200
    assert theirs.patch("organisation", {"name": "Renamed"}).json()["name"] == "Renamed"


def test_an_organisation_is_closed_by_its_own_key_and_name(program: Program, world: World) -> None:
    world.shoot(State.CHOOSING)
    read = program.get("organisation/closing")
    assert read.json()["open_shoots"] == 1
    problem(program.post("organisation/closing", {"name": "Acne"}), 422, "name")
    world.hire()
    refused = program.post("organisation/closing", {"name": "Acme"}, If_Match=read["ETag"])
    problem(refused, 412, "changed")
    assert program.post("organisation/closing", {"name": "Acme"}).status_code == 204
    problem(program.get("organisation"), 401, "key_revoked")
    assert AuditEntry.objects.filter(action="organisation.closed", actor_kind="key").exists()


def test_frames_and_clocks_are_set_without_an_owners_scope(world: World) -> None:
    program = Program.of(world.organisation, ["employees:write", "shoots:write"])
    origins = {"origins": ["https://people.example.com"]}
    assert program.send("PUT", "embed-origins", origins).json() == origins
    zone = program.patch("organisation/clocks", {"time_zone": "Europe/Berlin"}).json()
    assert zone["time_zone"] == "Europe/Berlin"
    problem(program.patch("organisation", {"name": "x"}), 403, "scope_missing")


def test_who_awaits_approval_is_told_and_approved_inside_the_bounds(
    program: Program, world: World
) -> None:
    shoot = world.shoot(State.APPROVING)
    place = f"orders/{shoot.order_id}/review"
    (judged,) = program.get(place).json()["data"]
    assert judged["shoot"] == str(shoot.pk)
    assert judged["inside"] is (judged["reasons"] == [])
    done = program.post(place).json()
    assert done["approved"] + len(done["left"]) == 1
    assert done["left_count"] == len(done["left"])
    shoot.refresh_from_db()
    assert (shoot.state == State.DELIVERED) is bool(done["approved"])


def test_costs_and_the_invitation_are_read(program: Program, world: World) -> None:
    shoot = world.shoot(State.DELIVERED)
    one = program.get(f"shoots/{shoot.pk}/costs").json()
    assert program.get(f"orders/{shoot.order_id}/costs").json() == one
    assert one["total"] == sum(
        one[part] for part in ("training", "generating", "rejected", "finishing", "storage", "mail")
    )
    story = program.get("credits/costs").json()
    assert (story["headshots"], story["bought"]) == (1, False)
    assert sum(part["cents"] for part in story["price"]) > 0
    mail = program.get(f"invitation-preview?language=de&employee={shoot.employee_id}").json()
    assert world.organisation.name in mail["subject"]
    assert shoot.employee.first_name in mail["html"]
