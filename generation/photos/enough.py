"""How many photos are enough."""

from __future__ import annotations

from generation.models import Selfie, Shoot
from generation.photos.counts import LEAST


def missing(shoot: Shoot) -> int:
    """How many accepted photos are missing before what there is can be handed in."""
    accepted = Selfie.objects.filter(shoot=shoot, verdict=Selfie.Verdict.ACCEPTED).count()
    return max(0, LEAST - accepted)
