"""Requests that the web server cannot read, so that no view ever hears of them: the problem
document that the API answers with in their place."""

from __future__ import annotations

import json
from http import HTTPStatus
from uuid import uuid4

from gunicorn.http import errors

from headshots.lib.api import problems

_BELOW = b"/api/"


def is_for_api(head: bytes) -> bool:
    """Whether a request that begins like this is one to the API; also where nobody can know."""
    words = head.partition(b"\r\n")[0].split(b" ")
    return len(words) < 2 or words[1].startswith(_BELOW)


def refusal(error: BaseException) -> problems.Refusal:
    """What the server's exception means to whoever asked."""
    if isinstance(error, errors.LimitRequestLine):
        return problems.Refusal(
            "The address is longer than the 4 kB that are taken. Ask for less at once.",
            code="address_too_long",
            status=414,
        )
    if isinstance(error, errors.LimitRequestHeaders):
        return problems.Refusal(
            "A header is longer than the 8 kB that are taken, or there are more than 100.",
            code="headers_too_large",
            status=431,
        )
    if isinstance(error, errors.ParseException):
        return problems.Refusal(
            "This is no request as HTTP has it. Look at its length and its headers.",
            code="malformed",
            status=400,
        )
    return problems.Refusal(
        "Something went wrong on our side. It is logged under the request's id.",
        code="internal",
        status=500,
    )


def answer(refused: problems.Refusal) -> tuple[bytes, str]:
    """A whole HTTP answer, after which the connection is closed; and the request's id."""
    request_id = uuid4().hex
    said = problems.document(refused, request_id=request_id)
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    head = (
        f"HTTP/1.1 {refused.status} {HTTPStatus(refused.status).phrase}\r\n"
        "Connection: close\r\n"
        f"Content-Type: {problems.MEDIA_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: private, no-store\r\n"
        f"Request-Id: {request_id}\r\n\r\n"
    )
    return head.encode() + body, request_id
