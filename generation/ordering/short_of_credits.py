"""Photos that were to be handed in while no credit was free: who is in charge hears of it once,
and nobody reminds their person, who can do nothing about it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from billing import ledger
from generation import states
from generation.inviting import member_notices
from generation.models import Shoot, State


def waiting() -> Q:
    """Shoots that wait for their organisation's credits, not for their person."""
    return Q(state=State.COLLECTING, short_of_credits_at__isnull=False)


@transaction.atomic
def note(*, shoot: Shoot) -> bool:
    """Note that a shoot could not be handed in, and tell who is in charge unless others of the
    organisation wait already. Returns whether it is new."""
    organisation = shoot.order.organisation
    states.locked(shoot.pk)
    # One after the other, so that of many at once one is told of.
    ledger.lock_account(organisation=organisation)
    others = Shoot.objects.filter(waiting(), order__organisation=organisation).exists()
    now = timezone.now()
    new = Shoot.objects.filter(pk=shoot.pk, state=State.COLLECTING, short_of_credits_at=None)
    if not new.update(short_of_credits_at=now):
        return False
    shoot.short_of_credits_at = now
    if not others:
        member_notices.short_of_credits(shoot=shoot)
    return True
