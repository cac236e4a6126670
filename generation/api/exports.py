"""Approved headshots of an order in one file."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import TenantView
from generation import access
from generation.api import lists, refusals
from generation.delivering import exports
from generation.delivering.told import Told
from generation.models import Export
from generation.storage import vault
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.shapes import Given, Shape

TAG = "Exports"


class ExportShape(Shape):
    """A ZIP that is being made, or is ready to be fetched for a day."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(source="order_id")
    kinds = serializers.ListField(
        child=serializers.CharField(),
        help_text="Renditions that are packed; none means all. One that the order does not have "
        "any more when it is packed is left out, and named in the list.",
    )
    state = serializers.ChoiceField(choices=Export.State.choices)
    done = serializers.IntegerField(help_text="Files that are packed.")
    total = serializers.IntegerField(help_text="Files that there will be, beside the list.")
    sentence = serializers.CharField(help_text="Why it failed.")
    file = serializers.SerializerMethodField(help_text="Where it is, with your key.")
    bytes = serializers.IntegerField()
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000019",
        "order": "019ab1c2-0000-7000-8000-00000000000c",
        "kinds": ["square"],
        "state": "ready",
        "done": 12,
        "total": 12,
        "sentence": "",
        "file": "/api/v1/exports/019ab1c2-0000-7000-8000-000000000019/file",
        "bytes": 2180044,
        "expires_at": "2026-11-26T09:00:00Z",
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_file(self, row: Export) -> str | None:
        return reverse("api:export_file", args=[row.pk]) if row.file else None


class ExportGiven(Given):
    """What to pack."""

    order = serializers.UUIDField()
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=40),
        max_length=20,
        required=False,
        help_text="Renditions to pack, by name; all of them by default.",
    )

    example = {"order": "019ab1c2-0000-7000-8000-00000000000c"}


class ExportsQuery(Given):
    """Which exports."""

    order = serializers.UUIDField(required=False)


class ExportsView(TenantView):
    """Exports as a list."""

    @operation(
        "exports_list",
        "List exports",
        tag=TAG,
        scope="headshots:read",
        shape=ExportShape,
        many=True,
        query=ExportsQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Those of the last day, the newest first."""
        found = access.exports(self.inside)
        if "order" in self.query:
            found = found.filter(order=self.query["order"])
        return self.listed(found, owner=self.organisation.pk)

    @operation(
        "exports_create",
        "Begin an export",
        tag=TAG,
        scope="headshots:write",
        shape=ExportShape,
        body=ExportGiven,
        status=202,
        locates=True,
        refuses=(
            refusals.NOTHING_APPROVED,
            refusals.TOO_MANY_EXPORTS,
            refusals.KINDS,
        ),
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Packs the files of an order's approved headshots, in all renditions or some, and
        `status.csv`, a list of everybody's state and files. A file that is not rendered yet
        (`headshot.finished` tells when), or could not be, is left out and noted there. Ask again
        for its progress, or wait for `export.ready`. The list has numbers and e-mail addresses
        where the key has `employees:read`, and those without a headshot where it has
        `shoots:read`."""
        said = self.body()
        made = exports.begin(
            actor=self.actor,
            organisation=self.organisation,
            order=access.order(self.inside, said["order"]),
            wanted=said.get("kinds", ()),
            told=lists.told_to(self),
        )
        return self.shown(made, location=reverse("api:export", args=[made.pk]))


class ExportView(TenantView):
    """One export."""

    @operation("exports_get", "Read an export", tag=TAG, scope="headshots:read", shape=ExportShape)
    def get(self, request: Request, export_id: UUID) -> HttpResponseBase:
        """How far it is."""
        return self.shown(access.export(self.inside, export_id))


class ExportFileView(TenantView):
    """The ZIP."""

    @operation(
        "exports_file",
        "Fetch an export",
        tag=TAG,
        scope="headshots:read",
        binary="application/zip",
        also=(409,),
        refuses=(refusals.NOT_READY,),
    )
    def get(self, request: Request, export_id: UUID) -> HttpResponseBase:
        """Once it is ready; for a day. One whose list says more of people takes the scopes that it
        was made with: `employees:read`, `shoots:read`."""
        found = access.export(self.inside, export_id)
        for scope in lists.needed(Told.of(found)):
            self.needs(scope)
        if found.state != Export.State.READY:
            raise Refusal("This export is not ready.", code="not_ready", status=409)
        return self.file(
            vault().open(found.file), key=found.file, name="headshots.zip", kind="application/zip"
        )
