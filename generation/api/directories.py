"""Connections to directories, which headshots are published to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api import refusals
from generation.models import Directory
from generation.publishing import directories, targets
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Publishing"
_FIELDS = "; ".join(
    f"`{kind}`: " + ", ".join(f"`{field.name}`" for field in fields)
    for kind, (_opened, fields) in targets.KINDS.items()
)
_CALLS = {
    field.name: f"values.{field.name}"
    for _opened, fields in targets.KINDS.values()
    for field in fields
}


class DirectoryShape(Shape):
    """Where an organisation's photos stand; its secrets are told to nobody."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Directory.Kind.choices)
    options: Any = serializers.DictField(
        child=serializers.CharField(), help_text="What was given to connect it, without secrets."
    )
    closer = serializers.IntegerField(
        help_text="How much closer than the square file it is cropped, in hundredths."
    )
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000024",
        "kind": "bamboo",
        "options": {"company": "acme"},
        "closer": 0,
        "created_at": "2026-11-25T09:00:00Z",
    }


class DirectoryGiven(Given):
    """How to connect one."""

    kind = serializers.ChoiceField(choices=Directory.Kind.choices)
    values: Any = serializers.DictField(
        child=serializers.CharField(max_length=1_000_000),
        help_text=f"What the kind needs. {_FIELDS}.",
    )
    closer = serializers.IntegerField(min_value=0, max_value=directories.MOST_CLOSER, default=0)

    example = {"kind": "bamboo", "values": {"company": "acme", "api_key": "k3y"}, "closer": 0}


class DirectoriesView(TenantView):
    """Directories that are connected."""

    @operation(
        "directories_list",
        "List directories",
        tag=TAG,
        scope="headshots:read",
        shape=DirectoryShape,
        many=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """At most one of each kind."""
        return self.listed(access.directories(self.inside), owner=self.organisation.pk)

    @operation(
        "directories_connect",
        "Connect a directory",
        tag=TAG,
        scope="headshots:write",
        shape=DirectoryShape,
        body=DirectoryGiven,
        status=201,
        calls=_CALLS,
        refuses=(
            refusals.DIRECTORY_FIELD,
            refusals.DIRECTORY_OF_ANOTHER,
            refusals.COMPANY,
            refusals.TENANT,
            refusals.SERVICE_ACCOUNT,
            refusals.TOKENS,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """With tokens that were made over there; the one of that kind gets these in its place,
        unless a partner asks and others gave those. Of Slack, which has a token a person, whoever
        has no line keeps theirs, and `address, -` takes one away. Whether they open anything shows
        in a rehearsal."""
        made = directories.connect(actor=self.actor, organisation=self.organisation, **self.body())
        return self.shown(made, location=reverse("api:directory", args=[made.pk]))


class DirectoryView(TenantView):
    """One connection."""

    @operation(
        "directories_get",
        "Read a directory",
        tag=TAG,
        scope="headshots:read",
        shape=DirectoryShape,
    )
    def get(self, request: Request, directory_id: UUID) -> HttpResponseBase:
        """Without its secrets."""
        return self.shown(access.directory(self.inside, directory_id))

    @operation(
        "directories_delete",
        "Disconnect a directory",
        tag=TAG,
        scope="headshots:write",
        match=True,
        status=204,
        refuses=(refusals.PUBLISHING_NOW, refusals.DIRECTORY_OF_ANOTHER),
    )
    def delete(self, request: Request, directory_id: UUID) -> HttpResponseBase:
        """Its tokens are destroyed, and photos of before cannot be put back any more. A partner
        disconnects those alone that it connected."""
        found = access.directory(self.inside, directory_id)
        directories.remove(actor=self.actor, directory=found)
        return self.done()
