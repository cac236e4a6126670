"""People who never answered: nothing waits for them once their link has run out, until it is sent
again."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from generation.models import State


def lapsed() -> Q:
    """Shoots whose person cannot go on. What goes on without them is waited for all the same:
    photos that are there and lack credits, and those that are copied for another look."""
    return Q(
        Q(order__extends=None) | Q(round__gt=1),
        state__in=(State.INVITED, State.COLLECTING),
        short_of_credits_at=None,
        invitation__expires_at__lte=timezone.now(),
    )
