"""Links of an order: those by which people come in, and those by which files go out."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api import refusals
from generation.delivering import download_links
from generation.inviting import join_links
from generation.models import DownloadLink, JoinLink
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Orders"


class JoinLinkShape(Shape):
    """One address by which many people bring themselves into an order."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(
        source="order_id", allow_null=True, help_text="None: whichever is open when somebody comes."
    )
    url = serializers.SerializerMethodField(help_text="To be handed round.")
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

    def get_url(self, row: JoinLink) -> str:
        return join_links.address_of(row)


class JoinLinkGiven(Given):
    """Who may come, and until when."""

    domains = serializers.ListField(
        child=serializers.CharField(max_length=253), max_length=50, required=False
    )
    cap = serializers.IntegerField(min_value=1, max_value=join_links.MOST_USES)
    expires_at = serializers.DateTimeField(
        required=False, help_text="When the order is due, where nothing is said."
    )

    example = {"domains": ["example.com"], "cap": 50}


class JoinLinksView(TenantView):
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
        refuses=(refusals.JOIN_END,),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Whoever opens it proves an address by a code in a mail, comes onto the roster and into
        the order."""
        said = self.body()
        order = access.order(self.inside, order_id)
        made = join_links.make_link(
            actor=self.actor,
            organisation=self.organisation,
            order=order,
            domains=join_links.read_domains(" ".join(said.get("domains", ()))),
            cap=said["cap"],
            expires_at=said.get("expires_at", order.due_at),
        )
        return self.shown(made, location=reverse("api:join_link", args=[made.pk]))


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
        """Whoever came by it stays in the order."""
        found = access.join_link(self.inside, join_link_id)
        join_links.revoke_link(actor=self.actor, link=found)
        return self.shown(access.join_link(self.inside, join_link_id))


class DownloadLinkShape(Shape):
    """An address that gives the approved headshots of an order to whoever has it."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(source="order_id")
    url = serializers.SerializerMethodField(help_text="Needs no key.")
    note = serializers.CharField()
    kinds = serializers.ListField(
        child=serializers.CharField(), help_text="Renditions that it gives; none means all."
    )
    used = serializers.IntegerField(help_text="How often it was fetched.")
    used_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000021",
        "order": "019ab1c2-0000-7000-8000-00000000000c",
        "url": "https://headshots.example.com/d/WyIwMTlh…/",
        "note": "For the badge printer",
        "kinds": ["square"],
        "used": 1,
        "used_at": "2026-11-26T08:00:00Z",
        "expires_at": "2026-12-02T09:00:00Z",
        "revoked_at": None,
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_url(self, row: DownloadLink) -> str:
        return download_links.address(row)


class DownloadLinkGiven(Given):
    """What the link gives, and how long."""

    days = serializers.ChoiceField(choices=download_links.DAYS, default=7)
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, required=False
    )
    note = serializers.CharField(max_length=120, required=False, allow_blank=True)

    example = {"days": 7, "note": "For the badge printer"}


class DownloadLinksView(TenantView):
    """The download links of an order."""

    @operation(
        "download_links_list",
        "List an order's download links",
        tag=TAG,
        scope="headshots:read",
        shape=DownloadLinkShape,
        many=True,
    )
    def get(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Ended ones too, the newest first."""
        order = access.order(self.inside, order_id)
        return self.listed(access.download_links(self.inside, order), owner=self.organisation.pk)

    @operation(
        "download_links_create",
        "Make a download link",
        tag=TAG,
        scope="headshots:write",
        shape=DownloadLinkShape,
        body=DownloadLinkGiven,
        status=201,
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """For somebody without an account, such as whoever prints the badges."""
        said = self.body()
        made = download_links.make(
            actor=self.actor,
            order=access.order(self.inside, order_id),
            days=said["days"],
            wanted=said.get("kinds", ()),
            note=said.get("note", ""),
        )
        return self.shown(made, location=reverse("api:download_link", args=[made.pk]))


class DownloadLinkView(TenantView):
    """One download link."""

    @operation(
        "download_links_get",
        "Read a download link",
        tag=TAG,
        scope="headshots:read",
        shape=DownloadLinkShape,
    )
    def get(self, request: Request, download_link_id: UUID) -> HttpResponseBase:
        """How often it was fetched."""
        return self.shown(access.download_link(self.inside, download_link_id))

    @operation(
        "download_links_delete",
        "End a download link",
        tag=TAG,
        scope="headshots:write",
        match=True,
        shape=DownloadLinkShape,
    )
    def delete(self, request: Request, download_link_id: UUID) -> HttpResponseBase:
        """At once; what was fetched stays with whoever has it."""
        found = access.download_link(self.inside, download_link_id)
        download_links.revoke(actor=self.actor, link=found)
        return self.shown(access.download_link(self.inside, download_link_id))
