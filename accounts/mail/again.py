"""One letter from a task of its own: sent, or tried again while the mail server is away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from smtplib import SMTPRecipientsRefused

import structlog
from django.utils import timezone
from django_q.tasks import schedule

from accounts.mail.letters import Letter

log = structlog.get_logger(__name__)
AGAIN = timedelta(minutes=5)


class Outcome(Enum):
    """What became of a letter."""

    SENT = "sent"
    AGAIN = "again"
    REFUSED = "refused"


def send_or_again(*, letter: Letter, task: str, args: Sequence[str]) -> bool:
    """As `attempt`; returns whether the letter went."""
    return attempt(letter=letter, task=task, args=args) == Outcome.SENT


def attempt(*, letter: Letter, task: str, args: Sequence[str]) -> Outcome:
    """Send the letter. Where the server does not take it, `task` runs again with `args` some
    minutes later; not where it refuses the address for good."""
    try:
        letter.send()
    except OSError as error:
        log.exception("mail_failed", task=task, about=list(args))
        if for_good(error):
            return Outcome.REFUSED
        schedule(
            task,
            *args,
            schedule_type="O",
            next_run=timezone.now() + AGAIN,
            cluster="default",
        )
        return Outcome.AGAIN
    return Outcome.SENT


def for_good(error: OSError) -> bool:
    """Whether the server refuses every recipient of a mail, and would again."""
    return isinstance(error, SMTPRecipientsRefused) and all(
        code >= 500 for code, _ in error.recipients.values()
    )
