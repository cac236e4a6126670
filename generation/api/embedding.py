"""The employee's way inside a partner's product."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from accounts.developers import embedding
from generation import access
from generation.api import refusals
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape


class EmbedLinkShape(Shape):
    """Where the employee's way opens in a frame."""

    url = serializers.URLField(help_text="For the `src` of an iframe.")
    expires_at = serializers.DateTimeField()

    example = {
        "url": "https://headshots.example.com/e/WyIwMTlh…",
        "expires_at": "2026-11-26T09:00:00Z",
    }


class ReturnUrl(serializers.CharField):
    """Where the employee comes back to."""

    def __init__(self, **options: Any) -> None:
        said = "On one of the organisation's embed_origins; that origin may show the frame."
        options.setdefault("help_text", said)
        super().__init__(max_length=embedding.LONGEST, **options)


class EmbedLinkGiven(Given):
    """Where the employee comes back to."""

    return_url = ReturnUrl()

    example = {"return_url": "https://people.example.com/headshots/done?person=7"}


class EmbedLinksView(TenantView):
    """Links for a frame."""

    @operation(
        "embed_links_create",
        "Get a link for your own product",
        tag="Shoots",
        scope="shoots:write",
        shape=EmbedLinkShape,
        body=EmbedLinkGiven,
        status=201,
        refuses=(
            refusals.ORIGIN_NOT_ALLOWED,
            refusals.RETURN_URL,
            refusals.LINK_CLOSED,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Good for a day. It leads this one employee through release, photos and choice, without a
        cookie, in a frame of your page or on a page of its own. A shoot that is begun with a
        `return_url` has its first one already."""
        shoot = access.shoot(self.inside, shoot_id)
        made = embedding.make_link(
            actor=self.actor, invitation=shoot.invitation, return_url=self.body()["return_url"]
        )
        return self.plain({"url": made.url, "expires_at": made.expires_at})
