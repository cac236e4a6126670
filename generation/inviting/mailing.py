"""Sending mail about shoots, and keeping what came of it."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused

import structlog
from django.db.models import Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_noop

from accounts.mail import bounces
from generation.inviting import notices
from generation.models import Shoot

log = structlog.get_logger(__name__)
NOT_TAKEN = gettext_noop("The mail server did not take it. It is tried again every five minutes.")


def send_batch(*, kind: str, shoot_ids: list[str], asked: str = "") -> int:
    """Send one kind of mail about some shoots; returns how many were sent.

    One address that is refused does not stop the others. A server that does not answer stops the
    batch, so that nobody waits for a hundred time-outs; the rest is queued again.
    """
    sent, failed = 0, []
    shoots = Shoot.objects.select_related("employee", "order__organisation", "invitation")
    left = list(shoots.filter(pk__in=shoot_ids).order_by("pk"))
    while left:
        shoot = left.pop(0)
        mine = Shoot.objects.filter(pk=shoot.pk)
        try:
            done = notices.send(shoot=shoot, kind=kind, asked=asked)
        except SMTPRecipientsRefused as refused:
            code, said = next(iter(refused.recipients.values()), (0, b""))
            if code >= 500:
                reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
                bounces.mark(address=shoot.employee.email, reason=f"{code} {reason}")
                mine.update(mail_problem="")
            else:
                failed.append(shoot)
        except OSError:
            log.exception("mail_failed", kind=kind, shoot=str(shoot.pk), waiting=len(left))
            failed += [shoot, *left]
            break
        else:
            sent += done
            invited = {"invited_at": Coalesce("invited_at", Now())} if done else {}
            mine.update(mail_problem=Value(""), **invited)
    if failed:
        Shoot.objects.filter(pk__in=[shoot.pk for shoot in failed]).update(mail_problem=NOT_TAKEN)
        notices.retry(kind=kind, shoot_ids=[str(shoot.pk) for shoot in failed], asked=asked)
    return sent
