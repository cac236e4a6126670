"""Below /api/ whatever is refused is refused with a problem document, also where no view of the API
is asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api.program import Program, problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("place", ["/api/v2/employees", "/api/v1/employes", "/api/", "/api/v1x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_is_none(place: str, method: str) -> None:
    problem(Client().generic(method, place), 404, "not_found")


def test_the_description_is_read_and_nothing_else() -> None:
    said = Client().post("/api/v1/openapi.json", {})
    problem(said, 405, "method")
    assert said["Allow"] == "GET, HEAD"
    assert Client().get("/api/v1/openapi.json")["Request-Id"]


@pytest.mark.parametrize("place", ["/api/v1/employees", "/api/v1/openapi.json", "/api/v2/x"])
def test_a_host_that_is_not_served(place: str) -> None:
    problem(Client().get(place, headers={"Host": "x.example"}), 400, "host")


def test_an_error_of_ours_outside_the_views(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("headshots.api.document", broken)
    said = Client(raise_request_exception=False).get("/api/v1/openapi.json")
    problem(said, 500, "internal")
    assert "ZeroDivision" not in said.content.decode()


def test_the_id_is_the_one_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        said = Client().get("/api/v2/employees")
    (line,) = [each for each in caplog.records if "request_finished" in str(each.msg)]
    logged: Any = line.msg
    assert logged["request_id"] == said["Request-Id"] == said.json()["request_id"]


@pytest.mark.parametrize("raw", [b'{"email": ', b"\xff", b"[" * 5000, b'{"email": NaN}'])
def test_a_body_that_cannot_be_read(program: Program, raw: bytes) -> None:
    problem(program.send("POST", "employees", raw=raw), 400, "malformed")


def test_pages_for_people_stay_pages() -> None:
    assert Client().get("/api/problems/no-such-kind")["Content-Type"].startswith("text/html")
    assert Client().get("/nowhere")["Content-Type"].startswith("text/html")
