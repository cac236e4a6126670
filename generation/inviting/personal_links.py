"""An employee's personal link, as administrators handle it: closed, and sent once more."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.consent import invitations
from generation.inviting import notices
from generation.models import ENDED_WITHOUT, Shoot, State
from headshots.lib.problems import Problem

_EARLY = (State.INVITED, State.COLLECTING)


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


def may_be_sent(shoot: Shoot) -> bool:
    """Whether there is reason to send the link once more: photos are awaited, or something is
    behind it and it opens nothing any more."""
    if shoot.state in ENDED_WITHOUT:
        return False
    return shoot.state in _EARLY or not shoot.invitation.opens


@transaction.atomic
def send_again(*, actor: Actor, shoot: Shoot) -> None:
    """Queue the mail with the link once more; where that was revoked or has run out, with a new
    one.

    Raises Problem (409) where the shoot has ended without a headshot, and where the link is good
    and no photos are awaited.
    """
    invitation = shoot.invitation
    if shoot.state in ENDED_WITHOUT:
        raise Problem(
            _("This part has ended, so its link is not sent any more."),
            code="transition",
            status=409,
        )
    if not may_be_sent(shoot):
        raise Problem(
            _("This shoot is {state}; no photos are awaited.").format(
                state=str(State(shoot.state).label).lower()
            ),
            code="transition",
            status=409,
        )
    if not invitation.opens:
        until = timezone.now() + notices.LINK_LIFE
        invitations.renew(invitation=invitation, expires_at=max(invitation.expires_at, until))
    audit.record(
        actor=actor,
        organisation=shoot.order.organisation,
        action="invitation.sent_again",
        about=shoot,
    )
    # Whoever read it before has read another state, and mails nobody twice upon that.
    Shoot.objects.filter(pk=shoot.pk).update(updated_at=timezone.now())
    kind = "invitation" if shoot.state in _EARLY else "link_again"
    notices.notify(shoot=shoot, kind=kind, asked=True)
