"""Sessions that are over: nothing else removes them."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

_AT_ONCE = 5000


def forget() -> int:
    """Remove sessions that are over, and what was noted of them; returns how many."""
    over = Session.objects.filter(expire_date__lt=timezone.now())
    keys = list(over.order_by().values_list("pk", flat=True)[:_AT_ONCE])
    UserSession.objects.filter(session_key__in=keys).delete()
    return Session.objects.filter(pk__in=keys).delete()[0]
