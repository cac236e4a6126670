"""What things cost in credits, and what they cost to make in money."""

from __future__ import annotations

from django.conf import settings

CREDITS_A_SHOOT = 1


def cost_cents(gpu_seconds: float) -> float:
    """What worker seconds cost to make, in cents, at the configured price of a GPU hour."""
    return gpu_seconds / 3600 * float(settings.GPU_HOUR_CENTS)
