"""Who does the work and what it takes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models import PriceTable
from generation.models.shoots import Shoot


class Worker(models.Model):
    """A cluster of one host, or the sweep, as it last reported itself."""

    name = models.CharField(max_length=100, unique=True)
    device = models.CharField(max_length=100, blank=True)
    base_model = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()
    doing = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class ComputeUsage(models.Model):
    """A run: what one claim (`fence`) spent on a shoot in one phase, and the price in force then.

    Seconds and energy of a batch are shared equally by the people in it.
    """

    shoot = models.ForeignKey(Shoot, models.CASCADE, related_name="usage")
    fence = models.PositiveBigIntegerField()
    phase = models.CharField(max_length=12)
    worker = models.CharField(max_length=100)
    device = models.CharField(max_length=100)
    seconds = models.FloatField(default=0)
    # None: the device does not tell.
    joules = models.FloatField(null=True)
    images = models.PositiveIntegerField(default=0)
    price_table = models.ForeignKey(PriceTable, models.PROTECT, null=True, related_name="+")
    # Of the device, in cents, from the price table.
    hour_cents = models.FloatField(default=0)
    kwh_cents = models.FloatField(default=0)
    # None: a run from before there were price tables.
    begun_at = models.DateTimeField(auto_now_add=True, null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shoot", "fence", "phase"], name="usage_once")
        ]

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s {self.phase}"


class ServiceUsage(models.Model):
    """What a shoot took of storage or mail in a month under one price table."""

    class Kind(models.TextChoices):
        STORAGE = "storage", _("Storage")
        MAIL = "mail", _("Mail")

    shoot = models.ForeignKey(Shoot, models.CASCADE, related_name="services")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    month = models.DateField()
    # GB for 30 days, or messages.
    quantity = models.FloatField(default=0)
    price_table = models.ForeignKey(PriceTable, models.PROTECT, related_name="+")
    # Of one of that quantity.
    unit_cents = models.FloatField()
    # Up to when it is counted.
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shoot", "kind", "month", "price_table"], name="service_usage_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.kind}"
