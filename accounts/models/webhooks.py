"""What is told to partners: events, where they go, and what became of each."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models.api import PartnerGrant
from accounts.models.organisations import Organisation
from headshots.lib.rows import Row


class Event(Row):
    """Something that happened, written in the same transaction as what it tells.

    `payload` is the exact text that every endpoint receives, however often it is sent.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="events")
    type = models.CharField(max_length=60)
    object = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    payload = models.TextField()
    # What can happen only once carries its name, so that it is told only once.
    once = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001

    class Meta:
        indexes = [models.Index(fields=["organisation", "-created_at"], name="event_newest")]

    def __str__(self) -> str:
        return f"{self.type} {self.object_id}"


class WebhookEndpoint(Row):
    """An address of a partner that hears of events."""

    class Disabled(models.TextChoices):
        BY_HAND = "by_hand", gettext_lazy("Switched off by a member")
        GONE = "gone", gettext_lazy("The address answered 410 Gone")
        FAILING = "failing", gettext_lazy("Nothing could be delivered for five days")
        PARTNER = (
            "partner",
            gettext_lazy("The partner who named the address may not do so any more"),
        )

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="webhook_endpoints")
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=120, blank=True)
    # By which a partner named the address; empty: the organisation itself did.
    grant = models.ForeignKey(
        PartnerGrant, models.SET_NULL, null=True, blank=True, related_name="webhook_endpoints"
    )
    # The types of events it wants; empty: all.
    types = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = models.CharField(max_length=8, blank=True, choices=Disabled.choices)
    # Since when every attempt has failed; empty while the last one went through.
    failing_since = models.DateTimeField(null=True, blank=True)
    # An address that keeps us waiting is left alone until then, and how often it did in a row.
    rests_until = models.DateTimeField(null=True, blank=True)
    waits = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(disabled_at=None, disabled_because="")
                | (models.Q(disabled_at__isnull=False) & ~models.Q(disabled_because="")),
                name="webhook_endpoint_disabled_because",
            )
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def secret_made_at(self) -> datetime | None:
        """Since when its secret signs."""
        made = [each.created_at for each in self.secrets.all() if each.expires_at is None]
        return made[0] if made else None

    @property
    def previous_until(self) -> datetime | None:
        """Until when the secret before signs, too; None where it does no more."""
        ends = [each.expires_at for each in self.secrets.all() if each.expires_at and each.live]
        return ends[0] if ends else None

    def wants(self, type: str) -> bool:
        """Whether events of this type are for this endpoint."""
        return not self.types or type in self.types


class WebhookSecret(Row):
    """What deliveries are signed with. After a rotation the one before lives on for a while."""

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="secrets")
    sealed = models.TextField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=models.Q(expires_at=None),
                name="webhook_secret_one_current",
            )
        ]

    def __str__(self) -> str:
        return f"secret of {self.endpoint_id}"

    @property
    def live(self) -> bool:
        return self.expires_at is None or self.expires_at > timezone.now()


class WebhookDelivery(Row):
    """An event on its way to an endpoint."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        DELIVERED = "delivered", gettext_lazy("Delivered")
        FAILED = "failed", gettext_lazy("Given up")

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    # Attempts of the schedule that is under way; a replay begins a new one.
    tries = models.PositiveIntegerField(default=0)
    attempts_made = models.PositiveIntegerField(default=0)
    # When it is due; empty once nothing more will be tried.
    next_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    # A sender has it until then.
    claimed_until = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # The last answer's status; empty where there was none.
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="webhook_delivery_once"),
            models.CheckConstraint(
                condition=models.Q(state="waiting") ^ models.Q(next_at=None),
                name="webhook_delivery_waiting_is_due",
            ),
        ]
        indexes = [
            # All of it in order: a replay makes thousands due at the same moment.
            models.Index(
                fields=["endpoint", "next_at", "id"],
                condition=models.Q(state="waiting"),
                name="webhook_delivery_next",
            ),
            models.Index(fields=["endpoint", "-created_at"], name="webhook_delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class WebhookAttempt(Row):
    """One request and what came of it."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    url = models.CharField(max_length=500)
    request_headers = models.JSONField(default=dict)
    # The answer; empty where none came.
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer_headers = models.JSONField(default=dict)
    answer = models.TextField(blank=True)
    # Why it failed, as a sentence; empty where it went through.
    problem = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_once")
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"
