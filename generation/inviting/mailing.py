"""Sending mail about shoots, and keeping what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from smtplib import SMTPRecipientsRefused, SMTPResponseException

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_noop

from accounts.mail import bounces
from generation.inviting import notices
from generation.models import Shoot

log = structlog.get_logger(__name__)
NOT_TAKEN = gettext_noop("The mail server did not take it. It is tried again every five minutes.")
# The server says so before it hangs up (RFC 5321, 3.8).
_CLOSING = 421


def send_batch(*, kind: str, shoot_ids: list[str], asked: str = "") -> int:
    """Send one kind of mail about some shoots, over one connection; returns how many were sent.

    One mail that is refused does not stop the others. A server that does not answer stops the
    batch, so that nobody waits for a hundred time-outs; the rest is queued again. Whoever was
    invited by an earlier delivery of the same message is not invited twice.
    """
    shoots = Shoot.objects.select_related("employee", "order__organisation", "invitation")
    wanted = shoots.filter(pk__in=shoot_ids).order_by("pk")
    if kind == "invitation" and not asked:
        wanted = wanted.filter(invited_at=None)
    left = list(wanted)
    if not left:
        return 0
    sent, failed = 0, []
    connection = get_connection()
    try:
        connection.open()
        while left:
            done, taken = _send(left[0], kind=kind, asked=asked, connection=connection)
            shoot = left.pop(0)
            sent += done
            failed += [] if taken else [shoot]
    except OSError:
        log.exception("mail_failed", kind=kind, waiting=len(left))
        failed += left
    finally:
        _close(connection)
    if failed:
        _try_later(failed, kind=kind, asked=asked)
    return sent


def _send(
    shoot: Shoot, *, kind: str, asked: str, connection: BaseEmailBackend
) -> tuple[bool, bool]:
    """Whether the mail went, and whether it is settled: one that its server refuses for now is
    not. Raises OSError where the server is to blame and not the mail."""
    mine = Shoot.objects.filter(pk=shoot.pk)
    try:
        done = notices.send(shoot=shoot, kind=kind, asked=asked, connection=connection)
    except SMTPRecipientsRefused as refused:
        code, said = next(iter(refused.recipients.values()), (0, b""))
        if code == _CLOSING:
            raise
        if code < 500:
            return False, False
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        bounces.mark(address=shoot.employee.email, reason=f"{code} {reason}")
        mine.update(mail_problem="")
        return False, True
    except SMTPResponseException as refused:
        if refused.smtp_code == _CLOSING:
            raise
        log.warning("mail_refused", kind=kind, shoot=str(shoot.pk), code=refused.smtp_code)
        return False, False
    invited = {"invited_at": Coalesce("invited_at", Now())} if done else {}
    mine.update(mail_problem=Value(""), **invited)
    return done, True


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except OSError:
        log.warning("mail_connection_lost")


def _try_later(shoots: Iterable[Shoot], *, kind: str, asked: str) -> None:
    keys = [shoot.pk for shoot in shoots]
    Shoot.objects.filter(pk__in=keys).update(mail_problem=NOT_TAKEN)
    notices.retry(kind=kind, shoot_ids=[str(key) for key in keys], asked=asked)
