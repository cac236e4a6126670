"""The public team page of an order, and who agreed to be on it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import PartnerGrant
from generation.models.orders import Order
from generation.models.shoots import Shoot
from headshots.lib.rows import Row


class TeamPage(Row):
    """A page that anybody can see and the sites named may embed. `key` is its address."""

    order = models.OneToOneField(Order, models.CASCADE, related_name="team_page")
    key = models.CharField(max_length=32, unique=True)
    # Origins that may embed it, "https://example.com".
    sites = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    published = models.BooleanField(default=False)
    # By which a partner published it; empty: the organisation itself did.
    grant = models.ForeignKey(PartnerGrant, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"team page of {self.order_id}"


class TeamConsent(Row):
    """An employee's yes to being on the public team page; without one they are not."""

    shoot = models.OneToOneField(Shoot, models.CASCADE, related_name="team_consent")
    address = models.GenericIPAddressField(null=True, blank=True)

    def __str__(self) -> str:
        return f"team consent of {self.shoot_id}"
