"""Every route, each role, three organisations: nobody sees or does what is not theirs.

A route that is missing from TABLE fails the test, so that no page is added without saying who may.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import Role
from accounts.sso import domains
from accounts.webhooks import endpoints
from generation.delivering import download_links
from generation.inviting.signing import attest_release
from generation.models import PublishingRun, Shoot, State
from tests.api.program import make_key
from tests.routes import routes
from tests.world import (
    World,
    give_files,
    give_initials,
    give_selfies,
    make_finishing,
    make_user,
    make_world,
    token,
)

WHO = ("stranger", "outsider", "viewer", "admin", "owner")
ALL = dict.fromkeys(("viewer", "admin", "owner"), 200)
ADMIN = {"viewer": 403, "admin": 200, "owner": 200}
OWNER = {"viewer": 403, "admin": 403, "owner": 200}
DONE_OWNER = {"viewer": 403, "admin": 403, "owner": 302}
DONE_ADMIN = {"viewer": 403, "admin": 302, "owner": 302}


@dataclass(frozen=True)
class Case:
    """A route as one method is used on it; `answers` of those inside, by role."""

    route: str
    answers: dict[str, int]
    method: str = "get"
    needs: str = "organisation"


TABLE = [
    Case("overview", ALL),
    Case("roster", ALL),
    Case("roster_upload", ADMIN),
    Case("roster_upload", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("roster_act", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("employee_add", ADMIN),
    Case("employee_add", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("employee", ADMIN, needs="employee"),
    Case("employee", {"viewer": 403, "admin": 422, "owner": 422}, "post", "employee"),
    Case("roster_import", ADMIN, needs="import"),
    Case("roster_import", {"viewer": 403, "admin": 422, "owner": 422}, "post", "import"),
    Case("roster_import_live", ADMIN, needs="import"),
    Case("roster_import_apply", {"viewer": 403, "admin": 409, "owner": 409}, "post", "import"),
    Case("roster_import_discard", DONE_ADMIN, "post", "import"),
    Case("members", ALL),
    Case("member_invite", {"viewer": 403, "admin": 403, "owner": 422}, "post"),
    Case("member_invitation_send", DONE_OWNER, "post", "invitation"),
    Case("member_invitation_revoke", DONE_OWNER, "post", "invitation"),
    Case("member_role", {"viewer": 403, "admin": 403, "owner": 422}, "post", "member"),
    Case("member_remove", DONE_OWNER, "post", "member"),
    Case("member_leave", {"viewer": 302, "admin": 302, "owner": 409}, "post"),
    Case("organisation_settings", OWNER),
    Case("organisation_rename", {"viewer": 403, "admin": 403, "owner": 422}, "post"),
    Case("organisation_logo", {"viewer": 403, "admin": 403, "owner": 422}, "post"),
    Case("organisation_second_factor", DONE_OWNER, "post"),
    Case("organisation_transfer", {"viewer": 403, "admin": 403, "owner": 422}, "post"),
    Case("organisation_close", OWNER),
    Case("organisation_close", {"viewer": 403, "admin": 403, "owner": 422}, "post"),
    Case("second_factor", {"viewer": 302, "admin": 302, "owner": 302}),
    Case("api_keys", ADMIN),
    Case("api_key_new", ADMIN),
    Case("api_key_new", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("api_key", ADMIN, needs="key"),
    Case("api_key", {"viewer": 403, "admin": 422, "owner": 422}, "post", "key"),
    Case("api_key_rotate", ADMIN, "post", "key"),
    Case("api_key_revoke", DONE_ADMIN, "post", "key"),
    Case("partner_grant", {"viewer": 403, "admin": 403, "owner": 422}, "post"),
    Case("partner_withdraw", DONE_OWNER, "post", "grant"),
    Case("embed_origins", DONE_OWNER, "post"),
    Case("webhooks", ADMIN),
    Case("webhook_add", ADMIN),
    Case("webhook_add", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("webhook_endpoint", ADMIN, needs="endpoint"),
    Case("webhook_change", ADMIN, needs="endpoint"),
    Case("webhook_change", {"viewer": 403, "admin": 422, "owner": 422}, "post", "endpoint"),
    Case("webhook_test", DONE_ADMIN, "post", "endpoint"),
    Case("webhook_secret", ADMIN, "post", "endpoint"),
    Case("webhook_rotate", ADMIN, "post", "endpoint"),
    Case("webhook_switch", DONE_ADMIN, "post", "endpoint"),
    Case("webhook_remove", DONE_ADMIN, "post", "endpoint"),
    Case("webhook_replay_since", {"viewer": 403, "admin": 422, "owner": 422}, "post", "endpoint"),
    Case("webhook_delivery", ADMIN, needs="delivery"),
    Case("webhook_delivery_replay", DONE_ADMIN, "post", "delivery"),
    Case("audit_log", ADMIN),
    Case("audit_export", ADMIN, "post"),
    Case("credits", ALL),
    Case("credits_buy", ADMIN),
    Case("credits_buy", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("purchase_go_on", {"viewer": 403, "admin": 503, "owner": 503}, "post", "purchase"),
    Case("purchase_drop", DONE_ADMIN, "post", "purchase"),
    Case("bought", ADMIN, needs="purchase"),
    Case("top_up", ADMIN),
    Case("top_up", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("top_up_card", {"viewer": 403, "admin": 503, "owner": 503}, "post"),
    Case("plan", ADMIN),
    Case("plan_start", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("portal", {"viewer": 403, "admin": 503, "owner": 503}, "post"),
    Case("invoices", ADMIN),
    Case("invoice_new", ADMIN),
    Case("invoice_new", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("invoice_send", {"viewer": 403, "admin": 409, "owner": 409}, "post", "purchase"),
    Case("looks", ALL),
    Case("looks", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("order_new", ADMIN),
    Case("order_new", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("sso_settings", OWNER),
    Case("sso_domain_add", {"viewer": 403, "admin": 403, "owner": 422}, "post"),
    Case("sso_domain_check", {"viewer": 403, "admin": 403, "owner": 503}, "post", "domain"),
    Case("sso_domain_remove", DONE_OWNER, "post", "domain"),
    Case("sso_save", {"viewer": 403, "admin": 403, "owner": 422}, "post"),
    Case("sso_remove", DONE_OWNER, "post"),
    Case("sso_test", DONE_OWNER, "post"),
    Case("sso_require", {"viewer": 403, "admin": 403, "owner": 409}, "post"),
    Case("organisation_clocks", ADMIN),
    Case("organisation_clocks", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("mail_again", DONE_ADMIN, "post", "employee"),
    Case("join_links", ADMIN, needs="order"),
    Case("join_links", {"viewer": 403, "admin": 422, "owner": 422}, "post", "order"),
    Case("join_link_revoke", DONE_ADMIN, "post", "join_link"),
    Case("join_link_revoke", DONE_ADMIN, "post", "organisation_join_link"),
    Case("organisation_join_links", ADMIN),
    Case("organisation_join_links", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("department_looks", ADMIN),
    Case("department_looks", DONE_ADMIN, "post"),
    Case("order_people", ADMIN),
    Case("order_preview", ADMIN),
    Case("order_add_people", ADMIN, needs="order"),
    Case("order_add_people", {"viewer": 403, "admin": 422, "owner": 422}, "post", "order"),
    Case("order_nudge", DONE_ADMIN, "post", "order"),
    Case("order_reminders", {"viewer": 403, "admin": 422, "owner": 422}, "post", "order"),
    Case("order", ALL, needs="order"),
    Case("order_live", ALL, needs="order"),
    Case("staff_wall", ALL),
    Case("staff_wall_export", dict.fromkeys(("viewer", "admin", "owner"), 409), needs="staff_wall"),
    Case("staff_team_page_publish", DONE_ADMIN, "post"),
    Case("order_wall", ALL, needs="order"),
    Case("wall_harmonise", {"viewer": 403, "admin": 409, "owner": 409}, "post", "order"),
    Case("wall_export", dict.fromkeys(("viewer", "admin", "owner"), 409), needs="wall"),
    Case("team_page_publish", DONE_ADMIN, "post", "order"),
    Case("refinish_start", {"viewer": 403, "admin": 409, "owner": 409}, "post", "order"),
    Case("look_render_anew", {"viewer": 403, "admin": 409, "owner": 409}, "post", "look"),
    Case("refinish", ALL, needs="refinish"),
    Case("refinish_live", ALL, needs="refinish"),
    Case("refinish_decide", {"viewer": 403, "admin": 422, "owner": 422}, "post", "refinish"),
    Case("shoot_files", ALL, needs="picked"),
    Case("files_again", {"viewer": 403, "admin": 409, "owner": 409}, "post", "picked"),
    Case("rendition", ALL, needs="rendition"),
    Case("look_finish", ALL, needs="look"),
    Case("look_finish", {"viewer": 403, "admin": 422, "owner": 422}, "post", "look"),
    Case("plate_add", {"viewer": 403, "admin": 422, "owner": 422}, "post", "look"),
    Case("plate_picture", ALL, needs="plate"),
    Case("order_zip", ALL, needs="order"),
    Case("order_approve", DONE_ADMIN, "post", "order"),
    Case("order_review", ADMIN, needs="order"),
    Case("order_approve_many", {"viewer": 403, "admin": 422, "owner": 422}, "post", "order"),
    Case("order_approve_inside", DONE_ADMIN, "post", "order"),
    Case("order_delivery", ALL, needs="order"),
    Case("order_naming", DONE_ADMIN, "post", "order"),
    Case("download_link_make", {"viewer": 403, "admin": 422, "owner": 422}, "post", "order"),
    Case("download_link_revoke", DONE_ADMIN, "post", "link"),
    Case("shoot_before", DONE_ADMIN, "post", "choosing"),
    Case("shoot_pick_for", {"viewer": 403, "admin": 409, "owner": 409}, "post", "to_pick"),
    Case("directories", ADMIN),
    Case("directory_connect", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("directory_disconnect", DONE_ADMIN, "post", "directory"),
    Case("publish", {"viewer": 403, "admin": 422, "owner": 422}, "post", "to_publish"),
    Case("publishing_run", ADMIN, needs="run"),
    Case("publishing_live", ADMIN, needs="run"),
    Case("publishing_resume", {"viewer": 403, "admin": 409, "owner": 409}, "post", "run"),
    Case("publishing_undo", {"viewer": 403, "admin": 409, "owner": 409}, "post", "run"),
    Case("publishing_undo_one", {"viewer": 403, "admin": 409, "owner": 409}, "post", "run_of_one"),
    Case("shoot_anew", {"viewer": 403, "admin": 422, "owner": 422}, "post", "approving"),
    Case("order_cancel", DONE_ADMIN, "post", "order"),
    Case("shoot", ALL, needs="shoot"),
    Case("shoot_approve", {"viewer": 403, "admin": 302, "owner": 302}, "post", "approving"),
    Case("shoot_send_back", {"viewer": 403, "admin": 422, "owner": 422}, "post", "approving"),
    Case("shoot_cancel", {"viewer": 403, "admin": 302, "owner": 302}, "post", "shoot"),
    Case("shoot_invite", {"viewer": 403, "admin": 302, "owner": 302}, "post", "shoot"),
    Case("shoot_link_revoke", DONE_ADMIN, "post", "shoot"),
    Case("shoot_attest", DONE_ADMIN, "post", "shoot"),
    Case("shoot_photos", {"viewer": 403, "admin": 409, "owner": 409}, "post", "shoot"),
    Case("shoot_photos", {"viewer": 403, "admin": 422, "owner": 422}, "post", "attested"),
    Case("shoot_photo_remove", DONE_ADMIN, "post", "their_photo"),
    Case("shoot_hand_in", DONE_ADMIN, "post", "attested"),
    Case("candidate_picture", ALL, needs="candidate"),
    Case("alternative_picture", ALL, needs="alternative"),
    Case("credit_costs", ALL),
    Case("usage", ALL),
    Case("usage_csv", ALL),
    Case("budgets", ALL),
    Case("budgets", {"viewer": 403, "admin": 422, "owner": 422}, "post"),
    Case("budget_remove", DONE_ADMIN, "post", "budget"),
    Case("low_balance", DONE_ADMIN, "post"),
    Case("order_another_look", ADMIN, needs="order"),
    Case("order_another_look", {"viewer": 403, "admin": 422, "owner": 422}, "post", "order"),
    Case("shoot_more", DONE_ADMIN, "post", "choosing"),
]
# Open to everybody, or to whoever is signed in, and about nobody's organisation; to join one takes
# a signed token (tests/accounts/membership/test_members.py).
ALLAUTH = (
    "account_", "mfa_", "usersessions_", "socialaccount_", "openid_connect_", "saml_",
)  # fmt: skip
DEVELOPERS = {
    "developers", "developer_client", "developer_events", "developer_example", "developer_guide",
    "developer_problems",
    "developer_reference", "problem_type",
}  # fmt: skip
# djstripe: Stripe's calls, which are signed (tests/billing/test_webhooks_of_stripe.py).
OPEN = {
    "team",
    "team_picture",
    *DEVELOPERS,
    "pricing",
    "embedded",
    "djstripe:djstripe_webhook_by_uuid",
    "components",
    "landing",
    "set_language",
    "home",
    "new_organisation",
    "join",
    "join_order",
    "join_order_code",
    "mail_bounces",
    "fresh_link",
    "sso_start",
    "verify",
    # One's own alone (tests/accounts/membership/test_second_factor.py).
    "session_end",
    # Behind a signed link (tests/generation/delivering/test_delivery.py).
    "shared",
    "shared_zip",
}
EMPLOYEE = [
    ("start", "get", "shoot"),
    ("live", "get", "shoot"),
    ("sign", "post", "shoot"),
    ("language", "post", "shoot"),
    ("upload", "post", "shoot"),
    ("remove", "post", "selfie"),
    ("selfie_picture", "get", "selfie"),
    ("hand_in", "post", "shoot"),
    ("pick", "post", "candidate"),
    ("again", "post", "shoot"),
    ("opt_out", "post", "shoot"),
    ("wish", "post", "shoot"),
    ("upload_begin", "post", "shoot"),
    ("upload_piece", "post", "upload"),
    ("file", "get", "rendition"),
    ("plate_picture", "get", "rendition"),
    ("files_zip", "get", "shoot"),
    ("data", "get", "shoot"),
    ("take_along", "post", "shoot"),
    ("instead", "post", "shoot"),
    ("instead_picture", "get", "shoot"),
    ("instead_file", "get", "kind"),
    ("team_page", "post", "shoot"),
    ("withdraw", "post", "shoot"),
    ("certificate", "get", "shoot"),
    ("candidate_picture", "get", "candidate"),
]


def test_every_route_is_in_the_table() -> None:
    ours = {name for name in routes(get_resolver()) if not name.startswith((*ALLAUTH, "api:"))}
    known = {case.route for case in TABLE} | OPEN | {f"employee:{name}" for name, _, _ in EMPLOYEE}
    assert ours == known


def thing(world: World, needs: str) -> dict[str, object]:
    """The arguments of a route for something of that organisation."""
    slug = world.organisation.slug
    if needs == "organisation":
        return {"slug": slug}
    if needs == "employee":
        return {"slug": slug, "employee_id": world.hire()[0].pk}
    if needs == "member":
        user = world.member(Role.VIEWER)
        return {"slug": slug, "member_id": world.organisation.members.get(user=user).pk}
    if needs == "invitation":
        return {"slug": slug, "invitation_id": world.invite_member().pk}
    if needs == "import":
        return {"slug": slug, "import_id": world.roster_file().pk}
    if needs == "endpoint":
        return {"slug": slug, "endpoint_id": world.endpoint().pk}
    if needs == "delivery":
        delivery = endpoints.send_test(actor=world.actor, endpoint=world.endpoint())
        return {"slug": slug, "endpoint_id": delivery.endpoint_id, "delivery_id": delivery.pk}
    if needs == "domain":
        claim = domains.claim(
            actor=world.actor, organisation=world.organisation, domain="acme.example"
        )
        return {"slug": slug, "claim_id": claim.pk}
    if needs == "join_link":
        return {"slug": slug, "link_id": world.join_link().pk}
    if needs == "organisation_join_link":
        return {"slug": slug, "link_id": world.organisation_join_link().pk}
    if needs == "key":
        return {"slug": slug, "key_id": make_key(world.organisation, ["looks:read"]).key.pk}
    if needs == "grant":
        return {"slug": slug, "grant_id": world.partner_grant().pk}
    if needs == "order":
        return {"slug": slug, "order_id": world.order(1).pk}
    if needs == "purchase":
        return {"slug": slug, "purchase_id": world.purchase().pk}
    if needs == "wall":
        return {"slug": slug, "order_id": world.order(1).pk, "kind": "png"}
    if needs == "staff_wall":
        return {"slug": slug, "kind": "png"}
    if needs == "look":
        return {"slug": slug, "look_id": world.look.pk}
    if needs in ("plate", "refinish", "rendition"):
        found = make_finishing(world)[needs]
        return {"slug": slug, f"{needs}_id": found.pk}
    if needs == "budget":
        return {"slug": slug, "budget_id": world.budget().pk}
    if needs in ("directory", "run", "run_of_one", "to_publish"):
        directory = world.directory()
        if needs == "directory":
            return {"slug": slug, "directory_id": directory.pk}
        if needs == "to_publish":
            return {"slug": slug, "order_id": world.order(1).pk, "directory_id": directory.pk}
        run = PublishingRun.objects.create(
            order=world.order(1), directory=directory, aim="publish", state="done"
        )
        if needs == "run_of_one":
            return {"slug": slug, "run_id": run.pk, "shoot_id": run.order.shoots.get().pk}
        return {"slug": slug, "run_id": run.pk}
    if needs == "link":
        link = download_links.make(actor=world.actor, order=world.order(1), days=7)
        return {"slug": slug, "link_id": link.pk}
    if needs == "to_pick":
        shoot = world.shoot(State.CHOOSING)
        candidate = shoot.candidates.first()
        return {"slug": slug, "shoot_id": shoot.pk, "candidate_id": candidate.pk}
    if needs == "choosing":
        return {"slug": slug, "shoot_id": world.shoot(State.CHOOSING).pk}
    if needs in ("attested", "their_photo"):
        shoot = world.shoot()
        attest_release(actor=world.actor, shoot=shoot, statement="They signed.")
        if needs == "attested":
            return {"slug": slug, "shoot_id": shoot.pk}
        give_selfies(shoot, 1)
        return {"slug": slug, "shoot_id": shoot.pk, "selfie_id": shoot.selfies.get().pk}
    if needs == "alternative":
        return {"slug": slug, "alternative_id": give_initials(world.shoot()).pk}
    if needs == "candidate":
        shoot = world.shoot(State.CHOOSING)
        return {"slug": slug, "candidate_id": shoot.candidates.first().pk}
    shoot = world.shoot(State.APPROVING if needs in ("approving", "picked") else State.INVITED)
    return {"slug": slug, "shoot_id": shoot.pk}


def client_of(who: str, world: World, other: World) -> Client:
    client = Client()
    if who == "outsider":
        client.force_login(other.owner)
    elif who == "owner":
        client.force_login(world.owner)
    elif who != "stranger":
        client.force_login(world.member(Role(who)))
    return client


# What an address names that has no identifier of something in it.
OWN = ("organisation", "staff_wall")


def test_members_routes(db: None, settings: Any) -> None:
    # A name server that never answers.
    settings.DNS_SERVER = "127.0.0.1:9"
    one, two, three = (make_world(name, credits=1000) for name in ("One", "Two", "Three"))
    wrong = []
    for case in TABLE:
        for who in WHO:
            arguments = thing(one, case.needs)
            client = client_of(who, one, two)
            response = getattr(client, case.method)(reverse(case.route, kwargs=arguments))
            expected = {"stranger": 302, "outsider": 404}.get(who) or case.answers[who]
            if response.status_code != expected:
                wrong.append((case.route, case.method, who, response.status_code, expected))
            if who == "stranger" and "/account/login" not in response.get("Location", ""):
                wrong.append((case.route, case.method, who, "not sent to sign in"))
        if case.needs not in OWN:
            # A member of both may not reach one organisation's thing through the other's address.
            arguments = {**thing(three, case.needs), "slug": one.organisation.slug}
            client = client_of("owner", one, two)
            response = getattr(client, case.method)(reverse(case.route, kwargs=arguments))
            if response.status_code != 404:
                wrong.append((case.route, case.method, "by another address", response.status_code))
    assert not wrong


def test_employee_links_reach_their_own_shoot_alone(db: None) -> None:
    world = make_world()
    mine, other = world.shoot(State.CHOOSING), world.shoot(State.CHOOSING)
    client = Client()
    wrong = []
    for name, method, needs in EMPLOYEE:
        arguments: dict[str, Callable[[Shoot], object]] = {
            "selfie": lambda s: s.selfies.first().pk,
            "rendition": lambda s: give_files(s).pk,
            "candidate": lambda s: s.candidates.first().pk,
            "upload": lambda s: s.uploads.create(mark="m", name="n", size=9).pk,
        }
        extra = {f"{needs}_id": arguments[needs](other)} if needs in arguments else {}
        if needs == "kind":
            extra = {"kind": "portrait"}
        for link, expected in ((token(mine), 404 if extra else None), ("x" * 43, 404)):
            if expected is None:
                continue
            url = reverse(f"employee:{name}", kwargs={"token": link, **extra})
            response = getattr(client, method)(url)
            if response.status_code != expected:
                wrong.append((name, method, response.status_code))
    assert not wrong
    other.refresh_from_db()
    assert other.state == State.CHOOSING
    assert other.selfies.count() == 6


def test_an_employee_sees_their_own(db: None) -> None:
    shoot = make_world().shoot(State.CHOOSING)
    for name, row in (
        ("selfie_picture", shoot.selfies.first()),
        ("candidate_picture", shoot.candidates.first()),
    ):
        key = "selfie_id" if name.startswith("selfie") else "candidate_id"
        response = Client().get(
            reverse(f"employee:{name}", kwargs={"token": token(shoot), key: row.pk})
        )
        assert response.status_code == 200
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Content-Type-Options"] == "nosniff"


def test_revoked_and_expired_links_say_what_to_do(db: None) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from accounts.consent import invitations

    shoot = make_world().shoot()
    old = token(shoot)
    invitations.renew(invitation=shoot.invitation)
    assert Client().get(reverse("employee:start", args=[old])).status_code == 404
    shoot.invitation.expires_at = timezone.now() - timedelta(seconds=1)
    shoot.invitation.save()
    response = Client().get(reverse("employee:start", args=[token(shoot)]))
    assert response.status_code == 410
    assert "A new one can be with you in a moment." in response.content.decode()


@pytest.mark.parametrize("route", ["home", "new_organisation"])
def test_signed_in_pages_send_strangers_to_sign_in(client: Client, db: None, route: str) -> None:
    response = client.get(reverse(route))
    assert response.status_code == 302
    assert "/account/login" in response["Location"]


def test_a_user_without_organisation_is_led_to_found_one(client: Client, db: None) -> None:
    client.force_login(make_user("new@example.com"))
    assert client.get(reverse("home"))["Location"] == reverse("new_organisation")
