"""Whoever has another address gets there what was sent to the one before, if it is still to do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.dispatch import receiver

from accounts.models import Employee
from accounts.staff.new_addresses import given
from generation.inviting import notices
from generation.models import Shoot, State


@receiver(given)
def send_there(*, people: Collection[UUID], unreached: Collection[UUID], **_: Any) -> None:
    """Queue the invitation, or the mail that there is something to choose, once more."""
    theirs = Shoot.objects.filter(
        employee__in=people, employee__status=Employee.Status.ACTIVE, invitation__revoked_at=None
    ).order_by("pk")
    # Whom a partner brings in without a mail gets none now either.
    mailed = Q(invited_at__isnull=False) | Q(employee__in=unreached)
    early = theirs.filter(mailed, state__in=(State.INVITED, State.COLLECTING))
    notices.queue(kind="invitation", shoots=list(early), asked=True)
    notices.queue(kind="choose", shoots=list(theirs.filter(state=State.CHOOSING)), asked=True)
