"""An employee's personal link, as administrators handle it: closed, and sent once more."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit, invitations
from accounts.actors import Actor
from generation import notices
from generation.fresh_links import LIFE
from generation.models import Shoot, State


@transaction.atomic
def revoke(*, actor: Actor, shoot: Shoot) -> None:
    """Close the link, for whoever holds it, until it is sent again. Once is enough."""
    if shoot.invitation.revoked_at:
        return
    invitations.revoke(invitation=shoot.invitation)
    audit.record(
        actor=actor,
        organisation=shoot.order.organisation,
        action="invitation.revoked",
        about=shoot,
    )


@transaction.atomic
def send_again(*, shoot: Shoot) -> None:
    """Queue the mail with the link once more; where it was revoked, with a new one."""
    if shoot.invitation.revoked_at:
        invitations.renew(
            invitation=shoot.invitation,
            expires_at=max(shoot.invitation.expires_at, timezone.now() + LIFE),
        )
    early = shoot.state in (State.INVITED, State.COLLECTING)
    notices.notify(shoot=shoot, kind="invitation" if early else "fresh_link")
