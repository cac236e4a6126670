"""One request to an endpoint, made without the database, so that it can run in any thread."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from headshots.lib import safe_http

TIMEOUT_S = 15.0
MOST_ANSWER_BYTES = 4096
# Longer than this is waiting.
SLOW_S = 5.0
_REDIRECTED = gettext_noop(
    "The answer was {status}: redirects are not followed. Enter the final address."
)
_UNEXPECTED = gettext_noop("The answer was {status}; 2xx is expected.")
# Every sentence with blanks that a problem may be.
FILLED = (_REDIRECTED, _UNEXPECTED, *safe_http.FILLED)


@dataclass(frozen=True)
class Outgoing:
    """A signed payload and where it goes."""

    url: str
    headers: dict[str, str]
    body: bytes
    allow_loopback: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of it. `problem` is a sentence, empty where it went through; `waited`, whether
    it failed after keeping us waiting."""

    url: str
    request_headers: dict[str, str]
    status: int | None
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    problem: str = ""
    waited: bool = False
    milliseconds: int = 0


def send(outgoing: Outgoing) -> Outcome:
    """Send it; never raises for what the other side does."""
    start = time.monotonic()
    try:
        answer = safe_http.send(
            method="POST",
            url=outgoing.url,
            headers=outgoing.headers,
            body=outgoing.body,
            timeout_s=TIMEOUT_S,
            most_bytes=MOST_ANSWER_BYTES,
            allow_loopback=outgoing.allow_loopback,
        )
    except safe_http.Unsendable as problem:
        return Outcome(
            url=outgoing.url,
            request_headers=outgoing.headers,
            status=None,
            problem=problem.sentence,
            waited=problem.waited,
            milliseconds=_since(start),
        )
    return Outcome(
        url=outgoing.url,
        request_headers=outgoing.headers,
        status=answer.status,
        answer_headers=dict(answer.headers[:40]),
        answer=answer.body.decode("utf-8", errors="replace").replace("\x00", "�"),
        problem=_judged(answer.status),
        waited=not 200 <= answer.status < 300 and time.monotonic() - start > SLOW_S,
        milliseconds=_since(start),
    )


def _judged(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return _(_REDIRECTED).format(status=status)
    if status == 410:
        return _("The answer was 410 Gone: the endpoint has been switched off.")
    return _(_UNEXPECTED).format(status=status)


def _since(start: float) -> int:
    return round((time.monotonic() - start) * 1000)
