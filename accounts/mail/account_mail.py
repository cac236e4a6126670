"""Mail about signing up and in that the mail server did not take: kept sealed and tried again."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django_q.tasks import schedule

from accounts.mail.letters import Letter
from headshots.lib.sealed import SealBroken, seal, unseal

EVERY = timedelta(minutes=5)
# A code is good for a quarter of an hour; whoever still waits then asks for another.
MOST_TRIES = 3
_PURPOSE = "accounts.account_mail"


def try_later(message: EmailMultiAlternatives) -> None:
    """Queue a mail that the server did not take, EVERY from now."""
    kept = {
        "subject": str(message.subject),
        "body": str(message.body),
        "from_email": message.from_email,
        "to": list(message.to),
        "headers": dict(message.extra_headers),
        "alternatives": [list(part) for part in message.alternatives],
        "logo": base64.b64encode(getattr(message, "logo", b"")).decode(),
    }
    # SECURITY: it holds a code or a link to a new password, which no row may give away.
    _queue(seal(json.dumps(kept), purpose=_PURPOSE), 1)


def send_again(*, sealed: str, tries: int) -> bool:
    """Send what `try_later` kept; at most MOST_TRIES times. Returns whether it was sent."""
    try:
        kept = json.loads(unseal(sealed, purpose=_PURPOSE))
    except SealBroken:
        return False
    alternatives, logo = kept.pop("alternatives"), kept.pop("logo", "")
    message = Letter(**kept)
    message.logo = base64.b64decode(logo)
    for content, kind in alternatives:
        message.attach_alternative(content, kind)
    try:
        message.send()
    except OSError:
        if tries < MOST_TRIES:
            _queue(sealed, tries + 1)
        return False
    return True


def _queue(sealed: str, tries: int) -> None:
    schedule(
        "accounts.tasks.send_account_mail",
        sealed,
        tries,
        schedule_type="O",
        next_run=timezone.now() + EVERY,
        cluster="default",
    )
