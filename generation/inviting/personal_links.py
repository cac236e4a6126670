"""An employee's personal link, as administrators handle it: closed, and sent once more."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.consent import invitations
from generation.inviting import notices
from generation.inviting.fresh_links import LIFE
from generation.models import Shoot, State
from headshots.lib.problems import Problem


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
    """Queue the mail with the link once more; where it was revoked, with a new one.

    Raises Problem (409) where the link is good and no photos are awaited.
    """
    early = shoot.state in (State.INVITED, State.COLLECTING)
    if not early and not shoot.invitation.revoked_at:
        raise Problem(
            _("This shoot is {state}; no photos are awaited.").format(
                state=str(State(shoot.state).label).lower()
            ),
            code="transition",
            status=409,
        )
    if shoot.invitation.revoked_at:
        invitations.renew(
            invitation=shoot.invitation,
            expires_at=max(shoot.invitation.expires_at, timezone.now() + LIFE),
        )
    notices.notify(shoot=shoot, kind="invitation" if early else "fresh_link", asked=True)
