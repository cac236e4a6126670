"""How programs come in: keys, answers they got, and partners that act for others."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.models.organisations import Organisation
from headshots.lib.rows import Row


class ApiKey(Row):
    """A program's way in. Of its secrets only hashes are kept; while it is rotated, two count.

    A test key reaches the organisation's sandbox and nothing else.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="api_keys")
    test = models.BooleanField(default=False)
    name = models.CharField(max_length=80)
    # Stands in the key itself, so that a leaked one can be told whose it is.
    public_id = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    ending = models.CharField(max_length=4)
    previous_hash = models.CharField(max_length=64, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    # Networks it may be used from; everywhere, where there are none.
    networks = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    version = models.CharField(max_length=10)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    # Requests in the minute that began then.
    minute_began = models.DateTimeField(null=True, blank=True)
    minute_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["organisation", "-id"], name="api_key_of_organisation")]

    def __str__(self) -> str:
        return self.name

    @property
    def shown(self) -> str:
        """What may be shown of it: “hs_live_1f2e…9xYz”."""
        return f"hs_{'test' if self.test else 'live'}_{self.public_id}_…{self.ending}"

    @property
    def state(self) -> str:
        """active, expired or revoked."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= timezone.now() else "active"

    @property
    def rotating(self) -> bool:
        """Whether the secret before the present one still counts."""
        return bool(self.previous_until and self.previous_until > timezone.now())


class KeptAnswer(models.Model):
    """What a key was answered under an Idempotency-Key, kept for a day at least."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="kept_answers")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api_key", "organisation", "key"], name="kept_answer_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"


class PartnerGrant(Row):
    """An organisation lets another, its partner, act for it by API, within scopes."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="partner_grants")
    partner = models.ForeignKey(Organisation, models.CASCADE, related_name="grants_received")
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "partner"],
                condition=models.Q(withdrawn_at=None),
                name="partner_granted_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(organisation=models.F("partner")), name="partner_is_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} for {self.organisation}"


class PartnerOrigin(Row):
    """An origin that a partner allowed to show the employees' way, as long as its grant lasts."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    grant = models.ForeignKey(PartnerGrant, models.CASCADE, related_name="+")
    origin = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "origin"], name="partner_origin_once")
        ]

    def __str__(self) -> str:
        return self.origin
