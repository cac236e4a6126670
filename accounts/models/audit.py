"""Who did what."""

from __future__ import annotations

from django.db import models

from accounts.models.organisations import Organisation
from headshots.lib.rows import Row


class AuditEntry(Row):
    """One act, written in the same transaction as its effect and never changed."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="audit_entries")
    actor_kind = models.CharField(max_length=12)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-created_at"], name="audit_newest"),
            models.Index(fields=["organisation", "object_type", "object_id"], name="audit_about"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"
