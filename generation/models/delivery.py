"""Links that strangers may fetch an order's files with, for a while."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import PartnerGrant
from generation.models.lists import WithList
from generation.models.orders import Order
from headshots.lib.rows import Row


class DownloadLink(WithList, Row):
    """An address that gives the approved headshots of an order to whoever has it, until it ends."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="download_links")
    note = models.CharField(max_length=120, blank=True)
    # Names of renditions; empty for all.
    kinds = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    # By which a partner made it; empty: the organisation itself did.
    grant = models.ForeignKey(PartnerGrant, models.SET_NULL, null=True, related_name="+")
    used = models.PositiveIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"link to {self.order_id}"
