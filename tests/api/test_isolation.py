"""Every operation of the API: what is another's is 404, and what a key lacks is 403.

An address that is missing from TABLE fails the test, so that none is added without saying so.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.urls import get_resolver, reverse

from accounts.developers import partners, scopes
from accounts.models import Role
from accounts.webhooks import endpoints
from generation.models import PublishingRun, State
from generation.ordering import department_looks
from tests.api.program import Program, claim_domain, make_key
from tests.routes import routes
from tests.world import World, give_files, give_initials, make_finishing, make_world


@dataclass(frozen=True)
class Case:
    """An address of something that belongs to an organisation, or of a list of such things."""

    route: str
    methods: dict[str, str]  # the scope of each
    needs: str = ""
    body: dict[str, Any] = field(default_factory=dict)


NOBODYS = "00000000-0000-7000-8000-000000000000"
# What an address names beside the thing that it is of.
MORE: dict[str, dict[str, str]] = {
    "rendition": {"kind": "large"},
    "refinish_picture": {"headshot_id": NOBODYS, "side": "after"},
}
WRITE_ORDER = {"post": "orders:write"}
WRITE_SHOOT = {"post": "shoots:write"}
TABLE = [
    Case("organisation", {"get": "organisation:read", "patch": "organisation:write"}),
    Case("employees", {"get": "employees:read", "post": "employees:write"}),
    Case("employees_upsert", {"post": "employees:write"}),
    Case(
        "employee",
        {"get": "employees:read", "patch": "employees:write", "delete": "employees:write"},
        "employee",
    ),
    Case("looks", {"get": "looks:read", "post": "looks:write"}),
    Case("look", {"get": "looks:read"}, "look"),
    Case("orders", {"get": "orders:read", "post": "orders:write"}),
    Case("order", {"get": "orders:read", "patch": "orders:write"}, "order", {"remind_every": 5}),
    Case("order_cancel", WRITE_ORDER, "order"),
    Case("order_approve", WRITE_ORDER, "order"),
    Case("shoots", {"get": "shoots:read", "post": "orders:write"}),
    Case("embed_links", WRITE_SHOOT, "shoot", {"return_url": "https://x.example/"}),
    Case("shoot", {"get": "shoots:read"}, "shoot"),
    Case("shoot_cancel", WRITE_SHOOT, "shoot"),
    Case("shoot_approve", WRITE_SHOOT, "shoot"),
    Case("shoot_send_back", WRITE_SHOOT, "shoot", {"reason": "x"}),
    Case("shoot_invite", WRITE_SHOOT, "shoot"),
    Case("shoot_revoke_link", WRITE_SHOOT, "shoot"),
    Case("shoot_hand_in", WRITE_SHOOT, "shoot"),
    Case("webhook_endpoints", {"get": "webhooks:read", "post": "webhooks:write"}),
    Case(
        "webhook_endpoint",
        {"get": "webhooks:read", "patch": "webhooks:write", "delete": "webhooks:write"},
        "endpoint",
    ),
    Case("webhook_endpoint_rotate", {"post": "webhooks:write"}, "endpoint"),
    Case("webhook_endpoint_test", {"post": "webhooks:write"}, "endpoint"),
    Case(
        "webhook_endpoint_replay",
        {"post": "webhooks:write"},
        "endpoint",
        {"since": "2026-11-24T00:00:00Z"},
    ),
    Case("webhook_deliveries", {"get": "webhooks:read"}),
    Case("webhook_delivery", {"get": "webhooks:read"}, "delivery"),
    Case("webhook_delivery_replay", {"post": "webhooks:write"}, "delivery"),
]
TABLE += [
    Case("members", {"get": "members:read"}),
    Case(
        "member",
        {"get": "members:read", "patch": "members:write", "delete": "members:write"},
        "member",
        {"role": "viewer"},
    ),
    Case("member_invitations", {"get": "members:read", "post": "members:write"}),
    Case("member_invitation", {"get": "members:read", "delete": "members:write"}, "invitation"),
    Case("departments", {"get": "employees:read"}),
    Case("shoot_pick", WRITE_SHOOT, "shoot", {"candidate": NOBODYS}),
    Case("release_text", {"get": "releases:read"}, "shoot"),
    Case(
        "shoot_release",
        {"post": "releases:write"},
        "shoot",
        {
            "text": "x",
            "signed_name": "xx",
            "signed_at": "2026-11-01T00:00:00Z",
            "evidence": "xx",
        },
    ),
    Case("selfies", {"get": "shoots:read", "post": "shoots:write"}, "shoot"),
    Case("upload_addresses", WRITE_SHOOT, "shoot"),
    Case("candidates", {"get": "shoots:read"}, "shoot"),
    Case("selfie", {"get": "shoots:read", "delete": "shoots:write"}, "selfie"),
    Case("candidate_picture", {"get": "shoots:read"}, "candidate"),
    Case("headshots", {"get": "headshots:read"}),
    Case("headshot", {"get": "headshots:read"}, "headshot"),
    Case("rendition", {"get": "headshots:read"}, "headshot"),
    Case("headshot_render", {"post": "headshots:write"}, "headshot"),
    Case("releases", {"get": "releases:read"}),
    Case("release", {"get": "releases:read"}, "release"),
    Case("exports", {"get": "headshots:read", "post": "headshots:write"}),
    Case("export", {"get": "headshots:read"}, "export"),
    Case("export_file", {"get": "headshots:read"}, "export"),
    Case("credits", {"get": "credits:read", "patch": "credits:write"}),
    Case("credit_entries", {"get": "credits:read"}),
    Case("invoices", {"get": "credits:read", "post": "credits:write"}),
    Case("invoice", {"get": "credits:read", "delete": "credits:write"}, "invoice"),
    Case("invoice_checkout", {"post": "credits:write"}, "invoice"),
    Case("invoice_send", {"post": "credits:write"}, "invoice"),
    Case("audit_entries", {"get": "audit:read"}),
    Case("audit_entry", {"get": "audit:read"}, "entry"),
    Case("keys", {"get": "keys:read", "post": "keys:write"}),
    Case("key", {"get": "keys:read", "patch": "keys:write", "delete": "keys:write"}, "key"),
    Case("key_rotate", {"post": "keys:write"}, "key"),
    Case("customers", {"get": "organisation:read"}),
    Case("partner_grants", {"get": "keys:read", "post": "keys:write"}),
    Case("partner_grant", {"get": "keys:read", "delete": "keys:write"}, "grant"),
]
TABLE += [
    Case("department_looks", {"get": "looks:read", "patch": "looks:write"}),
    Case("orders_by_department", WRITE_ORDER),
    Case("order_people", WRITE_ORDER, "order", {"employees": [NOBODYS]}),
    Case("order_remind", WRITE_ORDER, "order"),
    Case("order_another_look", WRITE_ORDER, "order", {"look": NOBODYS, "shoots": [NOBODYS]}),
    Case("order_join_links", {"get": "orders:read", "post": "orders:write"}, "order", {"cap": 5}),
    Case("join_links", {"get": "orders:read", "post": "orders:write"}, body={"cap": 5}),
    Case("join_link", {"get": "orders:read", "delete": "orders:write"}, "join_link"),
    Case("download_links", {"get": "headshots:read", "post": "headshots:write"}, "order"),
    Case("download_link", {"get": "headshots:read", "delete": "headshots:write"}, "download_link"),
    Case(
        "team_page",
        {"get": "headshots:read", "put": "headshots:write", "delete": "headshots:write"},
        "order",
        {"sites": []},
    ),
    Case("shoot_ask_again", WRITE_SHOOT, "shoot"),
    Case("shoot_opt_out", WRITE_SHOOT, "shoot"),
    Case(
        "shoot_withdraw",
        {"post": "withdrawals:write"},
        "shoot",
        {"irrevocable": True, "evidence": "xx"},
    ),
    Case("wishes", {"get": "shoots:write", "put": "shoots:write"}, "shoot", {"keep": ["hair"]}),
    Case("shoot_approve_before", WRITE_SHOOT, "shoot", {"candidates": []}),
    Case("shoot_pick_for", WRITE_SHOOT, "shoot", {"candidate": NOBODYS}),
    Case("shoot_redo", WRITE_SHOOT, "shoot", {"fault": "hair"}),
    Case("shoot_more", WRITE_SHOOT, "shoot"),
    Case("budgets", {"get": "credits:read", "post": "credits:write"}),
    Case("budget", {"get": "credits:read", "delete": "credits:write"}, "budget"),
]
TABLE += [
    Case("harmonise", WRITE_ORDER, "order"),
    Case("refinishes", {"get": "headshots:read", "post": "headshots:write"}, "order"),
    Case("orders_behind", {"get": "headshots:read", "post": "headshots:write"}, "look"),
    Case("refinish", {"get": "headshots:read"}, "refinish"),
    Case("refinish_headshots", {"get": "headshots:read"}, "refinish"),
    Case("refinish_picture", {"get": "headshots:read"}, "refinish"),
    Case("refinish_decide", {"post": "headshots:write"}, "refinish", {"decision": "discard"}),
    Case("usage", {"get": "credits:read"}),
    Case("directories", {"get": "headshots:read", "post": "headshots:write"}),
    Case("directory", {"get": "headshots:read", "delete": "headshots:write"}, "directory"),
    Case(
        "publishing_runs",
        {"get": "headshots:read", "post": "headshots:write"},
        "order",
        {"directory": NOBODYS, "aim": "rehearse"},
    ),
    Case("publishing_run", {"get": "headshots:read"}, "publishing_run"),
    Case("publishing_run_people", {"get": "headshots:read"}, "publishing_run"),
    Case("publishing_run_undo", {"post": "headshots:write"}, "publishing_run"),
]
TABLE += [
    Case("organisation_logo", {"put": "organisation:write", "delete": "organisation:write"}),
    Case("employee_mail_again", {"post": "employees:write"}, "employee"),
    Case("publishing_run_resume", {"post": "headshots:write"}, "publishing_run"),
    Case("consistency", {"get": "headshots:read"}, "order"),
    Case("standings", {"get": "headshots:read"}, "order"),
    Case("clocks", {"get": "employees:read", "patch": "employees:write"}),
    Case("finish", {"get": "looks:read", "patch": "looks:write"}, "look", {"closer": 5}),
    Case("finish_logo", {"put": "looks:write", "delete": "looks:write"}, "look"),
    Case("plates", {"get": "looks:read", "post": "looks:write"}),
    Case("plate_pictures", {"post": "looks:write"}),
    Case("plate", {"get": "looks:read"}, "plate"),
    Case("plate_picture", {"get": "looks:read"}, "plate"),
    Case("wall", {"get": "headshots:read", "post": "headshots:write"}, "order", {"kind": "pdf"}),
    Case("wall_file", {"get": "headshots:read"}, "order"),
    Case("staff_wall", {"get": "headshots:read", "post": "headshots:write"}),
    Case("staff_wall_file", {"get": "headshots:read"}),
    Case("staff_missing", {"get": "headshots:read"}),
    Case("staff_consistency", {"get": "headshots:read"}),
    Case("staff_standings", {"get": "headshots:read"}),
    Case(
        "staff_team_page",
        {"get": "headshots:read", "put": "headshots:write", "delete": "headshots:write"},
        body={"sites": ["https://www.example.com"]},
    ),
    Case("alternatives", {"get": "headshots:read"}, "order"),
    Case("alternative_picture", {"get": "headshots:read"}, "alternative"),
]
SETTINGS = {"get": "organisation:read", "post": "organisation:write"}
PROVIDER = {
    "kind": "openid_connect",
    "issuer": "https://login.acme.example",
    "client_id": "x",
    "secret": "x",
}
TABLE += [
    Case("domains", SETTINGS, body={"domain": "other.example"}),
    Case("domain", {"get": "organisation:read", "delete": "organisation:write"}, "domain"),
    Case("domain_check", {"post": "organisation:write"}, "domain"),
    Case(
        "single_sign_on",
        {
            "get": "organisation:read",
            **dict.fromkeys(("put", "patch", "delete"), "organisation:write"),
        },
        body={**PROVIDER, "required": False},
    ),
    Case("closing", SETTINGS, body={"name": "Another name"}),
    Case("embed_origins", {"get": "shoots:read", "put": "shoots:write"}),
    Case("prices", {"get": "credits:read"}),
    Case("plan", {"get": "credits:read"}),
    Case("portal", {"post": "credits:write"}),
    Case("top_up", {"get": "credits:read", "patch": "credits:write"}),
    Case("top_up_card", {"post": "credits:write", "put": "credits:write"}),
    Case("credit_costs", {"get": "credits:read"}),
    Case("order_costs", {"get": "orders:read"}, "order"),
    Case("shoot_costs", {"get": "shoots:read"}, "shoot"),
    Case("review", {"get": "orders:read", "post": "orders:write"}, "order"),
    Case("invitation_preview", {"get": "orders:read"}),
]
# An upload address is its own key (tests/api/test_selfies.py).
OPEN = {"openapi", "upload"}
# What there is one of, or what holds no rows of its own.
NO_LIST = {"organisation", "clocks", "credits"}
NO_LIST |= {"single_sign_on", "closing", "embed_origins", "prices", "plan", "top_up"}
NO_LIST |= {"credit_costs", "invitation_preview"}
NO_LIST |= {"staff_wall", "staff_wall_file", "staff_consistency", "staff_team_page"}


def test_every_address_is_in_the_table() -> None:
    ours = {name[4:] for name in routes(get_resolver()) if name.startswith("api:")}
    assert ours == {case.route for case in TABLE} | OPEN


def test_every_method_is_in_the_table() -> None:
    from django.urls import resolve

    wrong = []
    for case in TABLE:
        view = resolve(reverse(f"api:{case.route}", kwargs=_nowhere(case))).func.view_class
        declared = {
            method: getattr(view, method).operation.scope
            for method in ("get", "post", "put", "patch", "delete")
            if hasattr(getattr(view, method, None), "operation")
        }
        if declared != case.methods:
            wrong.append((case.route, declared, case.methods))
    assert not wrong


def _nowhere(case: Case) -> dict[str, object]:
    from uuid import uuid4

    more = MORE.get(case.route, {})
    return {f"{case.needs}_id": uuid4(), **more} if case.needs else {}


def thing(world: World, needs: str) -> dict[str, object]:
    """The arguments of an address for something of that organisation."""
    if not needs:
        return {}
    if needs == "employee":
        return {"employee_id": world.hire()[0].pk}
    if needs == "look":
        return {"look_id": world.look.pk}
    if needs == "order":
        return {"order_id": world.order().pk}
    if needs == "shoot":
        return {"shoot_id": world.shoot(State.INVITED).pk}
    if needs == "endpoint":
        return {"endpoint_id": world.endpoint().pk}
    if needs == "delivery":
        delivery = endpoints.send_test(actor=world.actor, endpoint=world.endpoint())
        return {"delivery_id": delivery.pk}
    return {f"{needs}_id": _made(world, needs).pk}


def _made(world: World, needs: str) -> Any:
    from billing.models import Purchase
    from generation.delivering import download_links, exports

    if needs == "member":
        return world.organisation.members.get(user=world.member(Role.VIEWER))
    if needs == "invitation":
        return world.invite_member()
    if needs == "entry":
        return world.organisation.audit_entries.first()
    if needs == "key":
        return make_key(world.organisation).key
    if needs == "budget":
        return world.budget()
    if needs == "directory":
        return world.directory()
    if needs == "plate":
        return world.plate()
    if needs == "domain":
        return claim_domain(world)
    if needs == "alternative":
        return give_initials(world.shoot())
    if needs == "refinish":
        return make_finishing(world)["refinish"]
    if needs == "publishing_run":
        order = world.shoot(State.DELIVERED).order
        return PublishingRun.objects.create(
            order=order, directory=world.directory(), aim="publish", state="done"
        )
    if needs == "join_link":
        return world.join_link()
    if needs == "grant":
        return world.partner_grant()
    if needs == "invoice":
        return Purchase.objects.create(
            organisation=world.organisation, kind="pack", credits=1, cents=1
        )
    if needs in ("selfie", "release"):
        shoot = world.shoot(State.QUEUED)
        return shoot.selfies.first() if needs == "selfie" else shoot.release
    shoot = world.shoot(State.DELIVERED)
    if needs == "download_link":
        return download_links.make(actor=world.actor, order=shoot.order, days=7)
    if needs == "candidate":
        return shoot.candidates.first()
    if needs == "headshot":
        return shoot.headshot
    return exports.begin(actor=world.actor, organisation=world.organisation, order=shoot.order)


# A body is read before anybody's things are looked for, so it has to be of the right type.
FORM = "multipart/form-data; boundary=x"
NO_PARTS = b"--x--\r\n"


@pytest.mark.parametrize("needs", sorted({case.needs for case in TABLE if case.needs}))
def test_what_is_anothers_is_not_there(db: None, needs: str) -> None:
    mine, other = make_world("Mine"), make_world("Other")
    callers = {"stranger": Program.of(other.organisation), **partners_of_others(mine)}
    wrong = []
    for case in TABLE:
        if case.needs != needs:
            continue
        more = MORE.get(case.route, {})
        address = reverse(f"api:{case.route}", kwargs={**thing(mine, needs), **more})
        for (who, caller), method in itertools.product(callers.items(), case.methods):
            if (case.route, method) == ("selfies", "post"):
                answer = caller.send(method, address, raw=NO_PARTS, Content_Type=FORM)
            else:
                # The body is of what is put and patched.
                body = None if method == "delete" else case.body or {}
                answer = caller.send(method, address, body)
            # No customer gives a partner scopes of keys.
            keys = who == "partner" and case.methods[method].startswith("keys:")
            expected = (403, "scope_missing") if keys else (404, "not_found")
            if (answer.status_code, answer.json()["code"]) != expected:
                wrong.append((who, case.route, method, answer.status_code))
    assert not wrong


def partners_of_others(mine: World) -> dict[str, Program]:
    """A partner acting for its customer; and the same key naming who never let it in, or does so no
    more."""
    customer, partner = make_world("Customer"), make_world("Partner").organisation
    given = [scope for scope in scopes.ALL if not scope.startswith("keys:")]
    for world in (customer, mine):
        grant = partners.grant(
            actor=world.actor,
            organisation=world.organisation,
            partner_id=str(partner.pk),
            wanted=given,
        )
    partners.withdraw(actor=mine.actor, grant=grant)
    secret = make_key(partner).secret
    acting = {"partner": customer, "partner that was shut out": mine}
    return {
        who: Program(secret, **{"Headshots-Organisation": str(world.organisation.pk)})
        for who, world in acting.items()
    }


def test_a_key_does_what_its_scopes_say_and_nothing_else(world: World) -> None:
    wrong = []
    for case in TABLE:
        for method, needed in case.methods.items():
            address = reverse(f"api:{case.route}", kwargs=_nowhere(case))
            others = [s for s in scopes.ALL if not scopes.allows([s], needed)]
            without = Program.of(world.organisation, others)
            if (answer := without.send(method, address, {})).status_code != 403:
                wrong.append((case.route, method, "without", answer.status_code))
            if (answer := Program("hs_live_x").send(method, address, {})).status_code != 401:
                wrong.append((case.route, method, "stranger", answer.status_code))
            having = Program.of(world.organisation, [needed])
            if (answer := having.send(method, address, {})).status_code in (401, 403):
                wrong.append((case.route, method, "with", answer.status_code))
            for program in (without, having):
                program.key.delete()
    assert not wrong


def test_the_staff_wall_is_of_ones_own_people_alone(db: None) -> None:
    mine, other = make_world("Mine"), make_world("Other")
    give_files(mine.shoot(State.DELIVERED))
    mine.shoot()
    stranger = Program.of(other.organisation)
    assert stranger.get("wall").json()["people"] == 0
    assert stranger.get("wall").json()["missing"] == 0
    assert stranger.get("wall/missing").json()["data"] == []
    assert stranger.get("consistency").json()["parts"] == []
    own = Program.of(mine.organisation).get("wall").json()
    assert (own["people"], own["missing"]) == (1, 1)


def test_lists_hold_ones_own_alone(db: None) -> None:
    mine, other = make_world("Mine"), make_world("Other")
    lists = ("headshot", "export", "release", "invoice", "invitation", "grant", "delivery")
    for needs in (*lists, "budget", "directory", "plate", "domain"):
        thing(mine, needs)
    mine.organisation_join_link()
    mine.people[0].department = "Law"
    mine.people[0].save()
    department_looks.assign(
        actor=mine.actor, organisation=mine.organisation, looks={"Law": mine.look}
    )
    own = Program.of(mine.organisation)
    stranger = Program.of(other.organisation)
    seen, empty = [], []
    for case in TABLE:
        if "get" not in case.methods or case.needs or case.route in NO_LIST:
            continue
        address = reverse(f"api:{case.route}")
        ours = {json.dumps(row) for row in own.get(address).json()["data"]}
        theirs = {json.dumps(row) for row in stranger.get(address).json()["data"]}
        if ours & theirs:
            seen.append(case.route)
        if not ours and case.route != "customers":
            empty.append(case.route)
    assert not seen
    assert not empty
