"""What follows where somebody's address turns out to be another."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

from accounts.consent import invitations
from accounts.models import Employee, Invitation

# Sent in the transaction that writes other addresses, with the identifiers of their `people` and of
# those among them who were `unreached`, as mail came back: others mail them the link to what they
# have to do.
given = Signal()


@transaction.atomic
def follow(*, people: Collection[UUID]) -> None:
    """Make every link worthless that was sent to the addresses that these people had before, and
    have what they have to do mailed to the new ones, from which nothing has come back yet. In a
    number of statements that does not grow.
    """
    if not people:
        return
    # SECURITY: whoever reads the mailbox before could be anybody.
    invitations.renew_those(found=Invitation.objects.filter(employee__in=people))
    bounced = Employee.objects.filter(pk__in=people, bounced_at__isnull=False)
    unreached = list(bounced.values_list("pk", flat=True))
    bounced.update(bounced_at=None, bounce_reason="")
    given.send(sender=Employee, people=people, unreached=unreached)
