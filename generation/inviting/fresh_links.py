"""A new personal link for whoever holds an old one, mailed to the address on file."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit, pace
from accounts.actors import employee_actor
from accounts.consent import invitations
from generation.inviting import notices
from generation.models import Shoot
from headshots.lib.problems import Problem


def send_fresh(*, token: str, address: str) -> None:
    """Mail a link that is good to where an old one, run out, replaced or revoked, led; else do
    nothing. Of one that is revoked the new one leads to what its person may do at any time alone.

    SECURITY: whoever asks is told the same in each case, and where a mail goes is never said. A
    link that was revoked opens nothing itself, as it may be in the wrong hands.
    Raises Problem where somebody asks too often.
    """
    pace.keep("fresh-link-from", address, most=20, seconds=3600)
    with transaction.atomic():
        found = invitations.whose(token=token)
        if found is None:
            return
        # Locked, so that a link revoked meanwhile is not taken for one that has run out.
        shoot = (
            Shoot.objects.select_related("order__organisation", "employee", "invitation")
            .select_for_update(of=("invitation",), no_key=True)
            .filter(invitation=found)
            .first()
        )
        if shoot is None:
            return
        try:
            pace.keep("fresh-link", str(found.pk), most=3, seconds=86400)
        except Problem:
            return
        # The link that replaced it goes out as it is: whoever uses it would lose it otherwise.
        invitation, until = shoot.invitation, timezone.now() + notices.LINK_LIFE
        run_out = invitation.expires_at < timezone.now()
        closed = invitation.revoked_at is not None
        if run_out or (closed and not invitation.rights_only):
            if closed:
                invitations.renew_for_rights(invitation=invitation, expires_at=until)
            else:
                invitations.renew(invitation=invitation, expires_at=until)
            audit.record(
                actor=employee_actor(shoot.employee, address=address),
                organisation=shoot.order.organisation,
                action="invitation.renewed",
                about=shoot,
            )
        notices.notify(shoot=shoot, kind="fresh_link", asked=True)
