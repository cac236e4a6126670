"""Who does the work and what it takes."""

from __future__ import annotations

from django.db import models

from generation.models.shoots import Shoot


class Worker(models.Model):
    """A process of the gpu cluster, as it last reported itself."""

    name = models.CharField(max_length=100, unique=True)
    device = models.CharField(max_length=100, blank=True)
    base_model = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()
    doing = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class ComputeUsage(models.Model):
    """Worker seconds spent on a shoot in one claim and phase.

    Seconds of a batch are shared equally by the people in it.
    """

    shoot = models.ForeignKey(Shoot, models.CASCADE, related_name="usage")
    fence = models.PositiveBigIntegerField()
    phase = models.CharField(max_length=12)
    worker = models.CharField(max_length=100)
    device = models.CharField(max_length=100)
    seconds = models.FloatField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shoot", "fence", "phase"], name="usage_once")
        ]

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s {self.phase}"
