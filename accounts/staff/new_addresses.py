"""What follows where somebody's address turns out to be another."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

from accounts.consent import invitations
from accounts.models import Employee, Invitation

# Sent in the transaction that writes other addresses, with the identifiers of their `people`:
# others mail them the link to what they have to do.
given = Signal()


@transaction.atomic
def follow(*, people: Collection[UUID]) -> None:
    """Make every link worthless that was sent to the addresses that these people had before, and
    have what they have to do mailed to the new ones. In a number of statements that does not grow.
    """
    if not people:
        return
    # SECURITY: whoever reads the mailbox before could be anybody.
    invitations.renew_those(found=Invitation.objects.filter(employee__in=people))
    given.send(sender=Employee, people=people)
