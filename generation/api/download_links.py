"""Links by which the files of an order go out."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from accounts.developers.on_behalf import is_theirs
from generation import access
from generation.api import lists
from generation.api.refusals import KINDS, LINKS
from generation.delivering import download_links
from generation.delivering.told import Told
from generation.models import DownloadLink
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Orders"


class DownloadLinkShape(Shape):
    """An address that gives the approved headshots of an order to whoever has it."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(source="order_id")
    url = serializers.SerializerMethodField(
        help_text="Needs no key. `null` where a partner asks and somebody else made the link, and "
        "where its list says more of people than the key may read."
    )
    note = serializers.CharField()
    kinds = serializers.ListField(
        child=serializers.CharField(),
        help_text="Renditions that it gives; none means all. One that the order does not have any "
        "more is left out, and named in the list.",
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

    def get_url(self, row: DownloadLink) -> str | None:
        view = self.context["view"]
        # SECURITY: the address needs no key, so in a partner's hands it would outlive its grant.
        if not is_theirs(actor=view.actor, organisation=view.organisation, grant=row.grant):
            return None
        if not all(view.may(scope) for scope in lists.needed(Told.of(row))):
            return None
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
        refuses=(
            LINKS,
            KINDS,
        ),
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """For somebody without an account, such as whoever prints the badges. The list beside the
        files has numbers and e-mail addresses where the key has `employees:read`, and those without
        a file where it has `shoots:read`."""
        said = self.body()
        made = download_links.make(
            actor=self.actor,
            order=access.order(self.inside, order_id),
            days=said["days"],
            wanted=said.get("kinds", ()),
            note=said.get("note", ""),
            told=lists.told_to(self),
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
