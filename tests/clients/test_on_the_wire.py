"""What the client sends, and where to, before any server is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.clients.conftest import PYTHON

assert PYTHON


def client_of(
    answer: Callable[[httpx.Request], httpx.Response], base_url: str = "http://headshots.example"
) -> Any:
    from headshots_client import Headshots

    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Headshots("hs_test_x", base_url=base_url, http=http, sleep=lambda pause: None)


def test_an_upsert_is_sent_whether_or_not_its_answer_is_looked_at() -> None:
    sent: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        rows = json.loads(request.content)["employees"]
        sent.append(len(rows))
        told = [{"index": n, "external_id": row["external_id"]} for n, row in enumerate(rows)]
        return httpx.Response(200, json={"data": told})

    rows = [{"external_id": f"hr-{n}", "email": f"p{n}@acme.example"} for n in range(1002)]
    told = client_of(answer).employees.upsert(rows)
    assert sent == [1000, 2]
    assert [(each["index"], each["external_id"]) for each in told] == [
        (n, f"hr-{n}") for n in range(1002)
    ]
