"""What the log says of a request: no personal link, and the address it really came from."""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import structlog
from django.test import Client
from django.urls import reverse

from generation.models import State
from headshots.lib.patient_worker import PatientWorker
from tests.world import World, token

SECRET = "c2VjcmV0-dG9rZW4"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What goes to standard error at the level that is usual."""
    root = logging.getLogger()
    handler = next(
        one
        for one in root.handlers
        if isinstance(one, logging.StreamHandler)
        and isinstance(one.formatter, structlog.stdlib.ProcessorFormatter)
    )
    written, level = io.StringIO(), root.level
    before = handler.setStream(written)
    root.setLevel(logging.INFO)
    yield written
    root.setLevel(level)
    handler.setStream(before)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        (f"/i/{SECRET}/", "/i/<str:token>/"),
        (f"/i/{SECRET}/release", "/i/<str:token>/release"),
        (f"/d/{SECRET}/", "/d/<str:token>/"),
        (f"/start/{SECRET}", "/start/<str:token>"),
        (f"/fresh-link/{SECRET}", "/fresh-link/<str:token>"),
        (f"/join/{SECRET}", "/join/<str:token>"),
        (f"/e/{SECRET}", "/e/<str:signed>"),
        (f"/account/oidc/acme/login/callback/?code={SECRET}&state=x", "/account/oidc/"),
    ],
)
def test_no_link_and_no_query_is_logged(db: None, log: io.StringIO, path: str, route: str) -> None:
    Client().get(path)
    Client(enforce_csrf_checks=True).post(path, {"a": "b"})
    text = log.getvalue()
    assert "request_started" in text
    assert f"GET {route}" in text
    assert SECRET not in text


def test_a_link_that_works_is_not_logged_either(world: World, log: io.StringIO) -> None:
    link = token(world.shoot(State.COLLECTING))
    assert Client().get(reverse("employee:start", args=[link])).status_code == 200
    assert Client().get(f"/i/{link}/nothing-here").status_code == 404
    text = log.getvalue()
    assert "GET /i/<str:token>/" in text
    assert "Not Found: GET" in text
    assert link not in text


def test_the_log_notes_who_asked_and_not_who_they_say_they_are(db: None, log: io.StringIO) -> None:
    Client(REMOTE_ADDR="203.0.113.9", headers={"X-Forwarded-For": "198.51.100.7"}).get("/pricing")
    assert "203.0.113.9" in log.getvalue()
    assert "198.51.100.7" not in log.getvalue()


def test_the_web_server_logs_no_link_of_a_request_that_it_failed_at() -> None:
    said: list[str] = []
    worker = PatientWorker.__new__(PatientWorker)
    worker.log = SimpleNamespace(exception=lambda text, *args: said.append(text % args))
    request = SimpleNamespace(method="GET", uri=f"/i/{SECRET}/")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker.handle_error(request, ours, ("203.0.113.9", 1), RuntimeError("broken"))
        assert theirs.recv(100).startswith(b"HTTP/1.1 500")
    assert len(said) == 1
    assert SECRET not in said[0]
