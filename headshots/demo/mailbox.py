"""The demo's mailbox: what would have been sent, on a page. Exists with HEADSHOTS_DEMO alone."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

NEWEST = 100
SEPARATOR = b"-" * 79


@dataclass(frozen=True)
class Mail:
    """One message as the page shows it."""

    to: str
    subject: str
    date: datetime | None
    text: str


def read_mail(folder: Path, newest: int = NEWEST) -> list[Mail]:
    """The newest messages in a folder that Django's file backend writes, newest first."""
    found: list[Mail] = []
    files = sorted(folder.glob("*.log"), key=lambda p: p.stat().st_mtime, reverse=True)
    for file in files:
        for raw in reversed(file.read_bytes().split(SEPARATOR)):
            if not raw.strip():
                continue
            message = email.message_from_bytes(raw.lstrip(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            body = message.get_body(("plain",))
            date = message["Date"]
            found.append(
                Mail(
                    to=str(message["To"]),
                    subject=str(message["Subject"]),
                    date=parsedate_to_datetime(date) if date else None,
                    text=body.get_content() if body else "",
                )
            )
            if len(found) >= newest:
                return found
    return found


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """All mail of the demo, for one address with ?to=."""
    to = request.GET.get("to", "")
    mails = [mail for mail in read_mail(settings.EMAIL_FILE_PATH) if to in mail.to]
    return render(request, "demo_mail.html", {"mails": mails, "to": to})
