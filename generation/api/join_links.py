"""Links by which people bring themselves in: into an order, or onto the roster."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from accounts.developers.on_behalf import is_theirs
from generation import access
from generation.api import refusals
from generation.inviting import join_links
from generation.models import JoinLink, Order
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Orders"


class JoinLinkShape(Shape):
    """One address by which many people bring themselves in."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(
        source="order_id", allow_null=True, help_text="None: whichever is open when somebody comes."
    )
    url = serializers.SerializerMethodField(
        help_text="To be handed round. `null` where a partner asks and somebody else made the link."
    )
    domains = serializers.ListField(
        child=serializers.CharField(), help_text="Whose addresses may come; none means any."
    )
    cap = serializers.IntegerField(help_text="How many may come.")
    used = serializers.IntegerField(help_text="How many have come.")
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000020",
        "order": "019ab1c2-0000-7000-8000-00000000000c",
        "url": "https://headshots.example.com/start/WyIwMTlh…",
        "domains": ["example.com"],
        "cap": 50,
        "used": 3,
        "expires_at": "2026-12-09T09:00:00Z",
        "revoked_at": None,
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_url(self, row: JoinLink) -> str | None:
        view = self.context["view"]
        # SECURITY: the address needs no key, so in a partner's hands it would outlive its grant.
        if not is_theirs(actor=view.actor, organisation=view.organisation, grant=row.grant):
            return None
        return join_links.address_of(row)


class JoinLinkGiven(Given):
    """Who may come, and until when."""

    domains = serializers.ListField(
        child=serializers.CharField(max_length=253), max_length=50, required=False
    )
    cap = serializers.IntegerField(min_value=1, max_value=join_links.MOST_USES)
    expires_at = serializers.DateTimeField(
        required=False,
        help_text="Where nothing is said: when the order is due, or in 90 days for a link that "
        "belongs to no order.",
    )

    example = {"domains": ["example.com"], "cap": 50}


class OrderJoinLinksView(TenantView):
    """The join links of an order."""

    @operation(
        "join_links_list",
        "List an order's join links",
        tag=TAG,
        scope="orders:read",
        shape=JoinLinkShape,
        many=True,
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Closed ones too, the newest first."""
        order = access.order(self.inside, order_id)
        return self.listed(access.join_links(self.inside, order), owner=self.organisation.pk)

    @operation(
        "join_links_create",
        "Make a join link",
        tag=TAG,
        scope="orders:write",
        shape=JoinLinkShape,
        body=JoinLinkGiven,
        status=201,
        calls={"expires": "expires_at"},
        refuses=(
            refusals.JOIN_END,
            refusals.JOIN_DOMAIN,
        ),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Whoever opens it proves an address by a code in a mail, comes onto the roster and into
        the order."""
        return _made(self, access.order(self.inside, order_id))


class JoinLinksView(TenantView):
    """The organisation's own join links, which belong to no order."""

    @operation(
        "organisation_join_links_list",
        "List the organisation's join links",
        tag=TAG,
        scope="orders:read",
        shape=JoinLinkShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Closed ones too, the newest first; those of orders stand at their orders."""
        return self.listed(access.join_links(self.inside, None), owner=self.organisation.pk)

    @operation(
        "organisation_join_links_create",
        "Make a join link of the organisation",
        tag=TAG,
        scope="orders:write",
        shape=JoinLinkShape,
        body=JoinLinkGiven,
        status=201,
        calls={"expires": "expires_at"},
        refuses=(
            refusals.OWN_JOIN_END,
            refusals.JOIN_DOMAIN,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Whoever opens it proves an address by a code in a mail, comes onto the roster and into
        the newest order that is open. Where none is, they wait on the roster."""
        return _made(self, None)


def _made(view: TenantView, order: Order | None) -> HttpResponseBase:
    said = view.body()
    usual = order.due_at if order else timezone.now() + join_links.USUAL
    made = join_links.make_link(
        actor=view.actor,
        organisation=view.organisation,
        order=order,
        domains=join_links.read_domains(" ".join(said.get("domains", ()))),
        cap=said["cap"],
        expires_at=said.get("expires_at", usual),
    )
    return view.shown(made, location=reverse("api:join_link", args=[made.pk]))


class JoinLinkView(TenantView):
    """One join link."""

    @operation(
        "join_links_get", "Read a join link", tag=TAG, scope="orders:read", shape=JoinLinkShape
    )
    def get(self, request: Request, join_link_id: UUID) -> HttpResponseBase:
        """How many have come by it."""
        return self.shown(access.join_link(self.inside, join_link_id))

    @operation(
        "join_links_delete",
        "Close a join link",
        tag=TAG,
        scope="orders:write",
        match=True,
        shape=JoinLinkShape,
    )
    def delete(self, request: Request, join_link_id: UUID) -> HttpResponseBase:
        """Whoever came by it stays."""
        found = access.join_link(self.inside, join_link_id)
        join_links.revoke_link(actor=self.actor, link=found)
        return self.shown(access.join_link(self.inside, join_link_id))
