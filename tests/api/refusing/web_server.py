"""What the web server refuses before anything of ours hears of it: read by its own parser, answered
as its worker answers."""

from __future__ import annotations

import json
from functools import partial

import pytest
from django.http import HttpResponse
from gunicorn.config import Config
from gunicorn.http import RequestParser

from headshots.lib.api import unread
from tests.api.program import Program
from tests.api.refusing.kit import Recipe, put
from tests.world import World


def _heard(head: str) -> Recipe:
    def made(program: Program, world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
        data = f"{head}Host: 127.0.0.1\r\n\r\n".encode()
        assert unread.is_for_api(data)
        with pytest.raises(Exception) as raised:  # noqa: PT011  whatever it raises
            next(RequestParser(Config(), iter([data]), None))
        answer, _id = unread.answer(unread.refusal(raised.value))
        told, _, body = answer.partition(b"\r\n\r\n")
        first, *rows = told.decode().split("\r\n")
        headers = dict(row.split(": ", 1) for row in rows)
        assert int(headers.pop("Content-Length")) == len(body)
        response = HttpResponse(body, status=int(first.split()[1]), headers=headers)
        response.json = partial(json.loads, body)  # type: ignore[attr-defined]
        return response

    return made


_LONG = "a" * 9000
put("address_too_long", _heard(f"GET /api/v1/employees?q={_LONG} HTTP/1.1\r\n"))
put("headers_too_large", _heard(f"GET /api/v1/employees HTTP/1.1\r\nX-Long: {_LONG}\r\n"))
put("no_http", _heard("POST /api/v1/employees HTTP/1.1\r\nContent-Length: -5\r\n"))
