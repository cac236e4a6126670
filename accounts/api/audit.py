"""The log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from accounts import access
from accounts.api.base import TenantView
from accounts.developers.on_behalf import is_partner
from accounts.models import AuditEntry
from accounts.webhooks import endpoints
from headshots.lib.api.operations import operation
from headshots.lib.api.shapes import Given, Shape

TAG = "Log"


class AuditEntryShape(Shape):
    """One act: who did what, when, from where."""

    id = serializers.UUIDField()
    action = serializers.CharField()
    actor_kind = serializers.CharField(help_text="user, employee, key, system or console.")
    actor_id = serializers.CharField()
    actor_name = serializers.CharField()
    address = serializers.CharField(allow_null=True)
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    details = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    example = {
        "id": "019ab1c2-0000-7000-8000-000000000012",
        "action": "order.placed",
        "actor_kind": "key",
        "actor_id": "019ab1c2-0000-7000-8000-000000000013",
        "actor_name": "HR suite",
        "address": "203.0.113.9",
        "object_type": "order",
        "object_id": "019ab1c2-0000-7000-8000-00000000000c",
        "details": {"employees": 12},
        "created_at": "2026-11-25T09:00:00Z",
    }

    def get_details(self, row: AuditEntry) -> dict[str, Any]:
        view = self.context["view"]
        said: dict[str, Any] = row.details
        webhook = row.action.startswith("webhook.") and "url" in said
        # SECURITY: the paths of receivers hold tokens, and a partner reads the log, too.
        if webhook and is_partner(actor=view.actor, organisation=view.organisation):
            return {**said, "url": endpoints.host_of(str(said["url"]))}
        return said


class AuditQuery(Given):
    """Which acts."""

    action = serializers.CharField(max_length=60, required=False)
    actor_kind = serializers.CharField(max_length=12, required=False)
    object_id = serializers.CharField(max_length=40, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class AuditEntriesView(TenantView):
    """The log as a list."""

    @operation(
        "audit_entries_list",
        "List the log",
        tag=TAG,
        scope="audit:read",
        shape=AuditEntryShape,
        many=True,
        query=AuditQuery,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first; `until` is not included."""
        entries = access.audit_entries(self.inside)
        for name in ("action", "actor_kind", "object_id"):
            if name in self.query:
                entries = entries.filter(**{name: self.query[name]})
        if "since" in self.query:
            entries = entries.filter(created_at__gte=self.query["since"])
        if "until" in self.query:
            entries = entries.filter(created_at__lt=self.query["until"])
        return self.listed(entries, owner=self.organisation.pk)


class AuditEntryView(TenantView):
    """One act."""

    @operation(
        "audit_entries_get", "Read an act", tag=TAG, scope="audit:read", shape=AuditEntryShape
    )
    def get(self, request: Request, entry_id: UUID) -> HttpResponseBase:
        """It never changes."""
        return self.shown(access.audit_entry(self.inside, entry_id))
