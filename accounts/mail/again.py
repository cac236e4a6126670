"""One letter from a task of its own: sent, or tried again while the mail server is away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import structlog
from django.utils import timezone
from django_q.tasks import schedule

from accounts.mail.letters import Letter

log = structlog.get_logger(__name__)
AGAIN = timedelta(minutes=5)


def send_or_again(*, letter: Letter, task: str, args: Sequence[str]) -> bool:
    """Send the letter; returns whether it went.

    Where the server does not take it, `task` runs again with `args` some minutes later; not where
    it refuses the address for good.
    """
    try:
        letter.send()
    except OSError as error:
        log.exception("mail_failed", task=task, about=list(args))
        if not _for_good(error):
            schedule(
                task,
                *args,
                schedule_type="O",
                next_run=timezone.now() + AGAIN,
                cluster="default",
            )
        return False
    return True


def _for_good(error: OSError) -> bool:
    return isinstance(error, SMTPRecipientsRefused) and all(
        code >= 500 for code, _ in error.recipients.values()
    )
