"""One exchange with a directory's API: bounded in time and size, errors told apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from django.utils import timezone
from django.utils.translation import gettext as _

from generation.publishing.interface import (
    Forbidden,
    Later,
    Refusal,
    TokenDead,
    TooLarge,
    UnknownPerson,
)

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
MOST_BYTES = 25_000_000
# What we wait where nobody says how long, and the longest that we let somebody make us wait.
_PAUSE_S, _LONGEST_PAUSE_S = 15.0, 900.0


@dataclass(frozen=True)
class Answer:
    """What came back, read whole."""

    status_code: int
    headers: httpx.Headers
    content: bytes


def client() -> httpx.Client:
    """No redirects, which could carry a token elsewhere, and no proxies of the environment."""
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)


def ask(connection: httpx.Client, method: str, url: str, **more: Any) -> Answer:
    """Send one request. Raises Later where no answer came or it is one to wait after."""
    try:
        with connection.stream(method, url, **more) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise Refusal(_("The directory’s answer is too long."))
    except httpx.TimeoutException as error:
        raise Later(_("The directory did not answer in time."), _PAUSE_S) from error
    except httpx.HTTPError as error:
        raise Later(_("The directory cannot be reached."), _PAUSE_S) from error
    answer = Answer(response.status_code, response.headers, bytes(body))
    # BambooHR, for one, answers 503 to who asks too often.
    if answer.status_code == 429 or (answer.status_code == 503 and "Retry-After" in answer.headers):
        raise Later(_("The directory asks us to wait."), pause(answer))
    if answer.status_code >= 500:
        raise Later(
            _("The directory has a fault of its own ({status}).").format(status=answer.status_code),
            pause(answer),
        )
    return answer


def pause(response: Answer) -> float:
    """Seconds that an answer asks us to wait: Retry-After as a number or a date."""
    value = response.headers.get("Retry-After", "").strip()
    seconds = _PAUSE_S
    if value.isdecimal():
        seconds = float(value)
    elif value:
        try:
            seconds = (parsedate_to_datetime(value) - timezone.now()).total_seconds()
        except (ValueError, TypeError):
            seconds = _PAUSE_S
    return min(max(seconds, 1.0), _LONGEST_PAUSE_S)


def refuse(response: Answer, said: str = "") -> None:
    """Raise what a status means that is no success; return for one that is."""
    status = response.status_code
    if status < 300:
        return
    if status == 401:
        raise TokenDead(_("The directory does not take the token any more. Give a new one."))
    if status == 403:
        raise Forbidden(
            _("The token may not change this person’s photo; their account may stand above it.")
        )
    if status == 404:
        raise UnknownPerson(_("The directory does not know this person."))
    if status == 413:
        raise TooLarge(_("The photo is larger than the directory takes."))
    detail = f": {said}" if said else ""
    raise Refusal(
        _("The directory refused the photo ({status}{detail}).").format(
            status=status, detail=detail[:200]
        )
    )


def json_of(response: Answer) -> dict[str, Any]:
    """An answer's object; empty for what is none."""
    try:
        found = json.loads(response.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
