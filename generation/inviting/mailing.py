"""Sending mail about shoots, and keeping what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from smtplib import SMTPRecipientsRefused, SMTPResponseException

import structlog
from django.core.cache import cache
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_noop

from accounts.mail import bounces
from generation.dispatch import queue
from generation.inviting import notices
from generation.models import Shoot
from headshots.lib import stopping

log = structlog.get_logger(__name__)
NOT_TAKEN = gettext_noop("The mail server did not take it. It is tried again every five minutes.")
# A task has 300 s, of which one mail to a slow server may take many.
LONGEST_S = 120.0
# Longer than until a message is handed out again whose task was killed.
REMEMBERED_S = 24 * 3600
# The server says so before it hangs up (RFC 5321, 3.8).
_CLOSING = 421


def send_batch(*, kind: str, shoot_ids: list[str], asked: str = "") -> int:
    """Send one kind of mail about some shoots, over one connection; returns how many were sent.

    One mail that is refused, or cannot be made, does not stop the others. A server that does not
    answer stops the batch, so that nobody waits for a hundred time-outs; the rest is queued again,
    as it is where LONGEST_S is over or the process is asked to end. Whoever had their mail by an
    earlier delivery of the same message gets no second one.
    """
    shoots = Shoot.objects.select_related("employee", "order__organisation", "invitation")
    wanted = shoots.filter(pk__in=shoot_ids).order_by("pk")
    if kind == "invitation" and not asked:
        wanted = wanted.filter(invited_at=None)
    left = list(wanted)
    if not left:
        return 0
    sent, failed = 0, []
    until = time.monotonic() + LONGEST_S
    connection = get_connection()
    try:
        connection.open()
        while left:
            done, taken = _send_once(left[0], kind=kind, asked=asked, connection=connection)
            shoot = left.pop(0)
            sent += done
            failed += [] if taken else [shoot]
            if stopping.asked() or time.monotonic() > until:
                break
    except OSError:
        log.exception("mail_failed", kind=kind, waiting=len(left))
        failed += left
        left = []
    finally:
        # Also where the task's own limit breaks in.
        if left:
            _go_on(left, kind=kind, asked=asked)
        _close(connection)
    if failed:
        _try_later(failed, kind=kind, asked=asked)
    return sent


def _send_once(
    shoot: Shoot, *, kind: str, asked: str, connection: BaseEmailBackend
) -> tuple[bool, bool]:
    """As `_send`; what an earlier delivery of this task's message sent is settled."""
    mark = f"mailed-{queue.current()}-{shoot.pk}" if queue.current() else ""
    if mark and cache.get(mark):
        return False, True
    try:
        done, taken = _send(shoot, kind=kind, asked=asked, connection=connection)
    except OSError:
        raise
    except Exception:
        log.exception("mail_not_made", kind=kind, shoot=str(shoot.pk))
        return False, False
    if mark and done:
        cache.set(mark, True, REMEMBERED_S)
    return done, taken


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


def _go_on(shoots: Iterable[Shoot], *, kind: str, asked: str) -> None:
    notices.go_on(kind=kind, shoot_ids=[str(shoot.pk) for shoot in shoots], asked=asked)


def _try_later(shoots: Iterable[Shoot], *, kind: str, asked: str) -> None:
    keys = [shoot.pk for shoot in shoots]
    Shoot.objects.filter(pk__in=keys).update(mail_problem=NOT_TAKEN)
    notices.retry(kind=kind, shoot_ids=[str(key) for key in keys], asked=asked)
