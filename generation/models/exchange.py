"""What is exchanged with programs: addresses to upload to, files to take along."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from accounts.models import Organisation, PartnerGrant
from generation.models.lists import WithList
from generation.models.orders import Order
from generation.models.pictures import Selfie
from generation.models.shoots import Shoot
from headshots.lib.rows import Row


class UploadAddress(Row):
    """Where one photo may be put once. Only the hash of its token is kept."""

    shoot = models.ForeignKey(Shoot, models.CASCADE, related_name="upload_addresses")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    selfie = models.ForeignKey(Selfie, models.CASCADE, null=True, related_name="+")
    # By which a partner asked for it; empty: the organisation itself did.
    grant = models.ForeignKey(PartnerGrant, models.CASCADE, null=True, related_name="+")

    def __str__(self) -> str:
        return f"upload to {self.shoot_id}"


class Export(WithList, Row):
    """A ZIP of an order's approved headshots, made in the background and kept for a while."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        MAKING = "making", gettext_lazy("Being made")
        READY = "ready", gettext_lazy("Ready")
        FAILED = "failed", gettext_lazy("Failed")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="exports")
    order = models.ForeignKey(Order, models.CASCADE, related_name="exports")
    # Names of renditions; empty for all.
    kinds = ArrayField(models.CharField(max_length=40), default=list, db_default=[], blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # Files written of those there will be.
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    sentence = models.TextField(blank=True)
    file = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    actor_kind = models.CharField(max_length=12)
    actor_name = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.state} export of {self.order_id}"
