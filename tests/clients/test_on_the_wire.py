"""What the client sends, and where to, before any server is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

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


def test_what_may_be_empty_is_emptied_by_none_and_left_where_nothing_is_said() -> None:
    at = datetime(2026, 11, 25, tzinfo=UTC)
    sent: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(200, json={})

    keys = client_of(answer).keys
    keys.update("1", expires_at=None)
    keys.update("1", name="Badges")
    keys.update("1", expires_at=at)
    assert sent == [{"expires_at": None}, {"name": "Badges"}, {"expires_at": at.isoformat()}]


SITE = "http://headshots.example"


@pytest.mark.parametrize(
    "address",
    [
        "/shoots/1?expand=employee",
        "/api/v1/shoots/1?expand=employee",
        "http://headshots.example/api/v1/shoots/1?expand=employee",
        "http://127.0.0.1:8000/api/v1/shoots/1?expand=employee",
        "https://headshots.example:8443/api/v1/shoots/1?expand=employee#there",
    ],
)
def test_an_address_is_read_from_the_own_site_however_its_host_is_spelt(address: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"id": "1"})

    assert client_of(answer, SITE).read(address) == {"id": "1"}
    assert client_of(answer, f"{SITE}/").shoots.put_photo({"url": address}, b"x") == {"id": "1"}
    assert {str(each.url) for each in sent} == {f"{SITE}/api/v1/shoots/1?expand=employee"}
    # An address that is its own key is not shown ours.
    assert ["Authorization" in each.headers for each in sent] == [True, False]


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/x",
        "https://elsewhere.example/?/api/v1/x",
        "//elsewhere.example/api/v1/x",
        "http://headshots.example.evil.example",
        "ftp://headshots.example/api/v1/x",
        "http://[/api/v1/x",
        "/shoots/\x00",
        "api/v1/x",
        "",
    ],
)
def test_what_is_no_address_of_the_site_is_asked_nowhere(address: str) -> None:
    from headshots_client import HeadshotsError

    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    for ask in (
        lambda client: client.read(address),
        lambda client: client.shoots.put_photo({"url": address}, b"x"),
        lambda client: client.exports.save({"file": address or "x"}, "all.zip"),
    ):
        with pytest.raises(HeadshotsError, match="no address of"):
            ask(client_of(answer))
