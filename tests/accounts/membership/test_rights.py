"""The table of roles on the members' page says what the pages and forms really ask for."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.developers import scopes
from accounts.membership import rights
from accounts.models import ApiKey, Role
from tests.test_isolation import TABLE
from tests.world import World

# Every page ("get") and form ("post") of an organisation, by the right it belongs to.
BELONGS: dict[str, set[str]] = {
    "see": {
        "get overview", "get roster", "get looks", "get members", "get order", "get order_live",
        "get order_wall", "get order_delivery", "get refinish", "get refinish_live", "get shoot",
        "get staff_wall",
        "get shoot_files", "get look_finish", "get plate_picture", "get candidate_picture",
        "get alternative_picture", "get credits", "get credit_costs", "get usage",
        "get usage_csv", "get budgets",
        # What the organisation asks for before anybody comes in.
        "get second_factor",
    },
    "download": {"get rendition", "get order_zip", "get wall_export", "get staff_wall_export"},
    "leave": {"post member_leave"},
    "roster": {
        "get roster_upload", "post roster_upload", "post roster_act", "get employee_add",
        "post employee_add", "get employee", "post employee", "get roster_import",
        "post roster_import", "get roster_import_live", "post roster_import_apply",
        "post roster_import_discard", "get organisation_clocks", "post organisation_clocks",
        "post mail_again",
    },
    "looks": {
        "post looks", "post look_finish", "post plate_add", "get department_looks",
        "post department_looks",
    },
    "orders": {
        "get order_new", "post order_new", "get order_people", "get order_preview",
        "post order_nudge", "post order_reminders", "post order_cancel", "post shoot_cancel",
        "post shoot_invite", "post shoot_link_revoke", "get join_links", "post join_links",
        "get organisation_join_links", "post organisation_join_links",
        "post join_link_revoke", "get order_another_look", "post order_another_look",
        "get order_add_people", "post order_add_people",
        "post shoot_more", "post shoot_attest", "post shoot_photos", "post shoot_photo_remove",
        "post shoot_hand_in",
    },
    "approve": {
        "post order_approve", "get order_review", "post order_approve_many",
        "post order_approve_inside", "post shoot_approve", "post shoot_send_back",
        "post shoot_anew", "post shoot_before", "post shoot_pick_for", "post wall_harmonise",
        "post refinish_start", "post look_render_anew", "post refinish_decide",
        "post files_again",
    },
    "deliver": {
        "post order_naming", "post download_link_make", "post download_link_revoke",
        "post team_page_publish", "post staff_team_page_publish",
    },
    "directories": {
        "get directories", "post directory_connect", "post directory_disconnect", "post publish",
        "get publishing_run", "get publishing_live", "post publishing_resume",
        "post publishing_undo", "post publishing_undo_one",
    },
    "credits": {
        "get credits_buy", "post credits_buy", "post purchase_go_on", "post purchase_drop",
        "get bought", "get top_up", "post top_up", "post top_up_card", "get plan",
        "post plan_start", "post portal", "get invoices", "get invoice_new", "post invoice_new",
        "post invoice_send", "post budgets", "post budget_remove", "post low_balance",
    },
    "keys": {
        "get api_keys", "get api_key_new", "post api_key_new", "get api_key", "post api_key",
        "post api_key_rotate", "post api_key_revoke",
    },
    "webhooks": {
        "get webhooks", "get webhook_add", "post webhook_add", "get webhook_endpoint",
        "get webhook_change", "post webhook_change", "post webhook_test", "post webhook_secret",
        "post webhook_rotate", "post webhook_switch", "post webhook_remove",
        "post webhook_replay_since", "get webhook_delivery", "post webhook_delivery_replay",
    },
    "log": {"get audit_log", "post audit_export"},
    "members": {
        "post member_invite", "post member_invitation_send", "post member_invitation_revoke",
        "post member_role", "post member_remove",
    },
    # No form of its own: see below.
    "owners_keys": set(),
    "partners": {"post partner_grant", "post partner_withdraw", "post embed_origins"},
    "settings": {
        "get organisation_settings", "post organisation_rename", "post organisation_logo",
        "post organisation_second_factor",
    },
    "sso": {
        "get sso_settings", "post sso_domain_add", "post sso_domain_check",
        "post sso_domain_remove", "post sso_save", "post sso_remove", "post sso_test",
        "post sso_require",
    },
    "closing": {
        "post organisation_transfer", "get organisation_close", "post organisation_close",
    },
}  # fmt: skip


def asked() -> dict[str, Role]:
    """The least role that each page and form lets in; tests/test_isolation.py asks every one."""
    return {
        f"{case.method} {case.route}": next(
            role for role in sorted(Role, key=rights.RANK.__getitem__) if case.answers[role] != 403
        )
        for case in TABLE
    }


def test_each_page_and_form_belongs_to_a_right_of_its_role() -> None:
    assert set(BELONGS) == set(rights.MAY)
    found = [place for places in BELONGS.values() for place in places]
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(asked())
    for place, role in asked().items():
        (name,) = (right for right, places in BELONGS.items() if place in places)
        assert rights.MAY[name][1] == role, place


def test_the_table_is_sorted_from_what_everybody_may_to_what_owners_alone_may() -> None:
    ranks = [rights.RANK[role] for _what, role in rights.MAY.values()]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("scope", scopes.OWNERS_ALONE)
def test_keys_that_may_what_owners_may_are_made_by_owners(world: World, scope: str) -> None:
    url = reverse("api_key_new", args=[world.organisation.slug])
    form = {"name": "Sync", "scopes": [scope]}
    for role, made in ((Role.ADMIN, 0), (rights.MAY["owners_keys"][1], 1)):
        client = Client()
        client.force_login(world.member(role))
        client.post(url, form)
        assert ApiKey.objects.filter(scopes=[scope]).count() == made


def test_members_read_it_on_their_page(world: World, client: Client) -> None:
    client.force_login(world.member(Role.VIEWER))
    page = client.get(reverse("members", args=[world.organisation.slug])).content.decode()
    for what, role in rights.MAY.values():
        row = page.split(f'<th scope="row">{what}</th>')[1].split("</tr>")[0]
        assert row.count(">yes<") == sum(rights.RANK[r] >= rights.RANK[role] for r in Role)
