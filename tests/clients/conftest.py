from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.program import make_key
from tests.world import World, make_world

PYTHON = Path(__file__).resolve().parents[2] / "clients" / "python"
sys.path.insert(0, str(PYTHON))


@pytest.fixture
def acme(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def connect(acme: World, live_server: Any, settings: Any) -> Iterator[Callable[..., Any]]:
    """A client of the running server: `connect(http=…)`."""
    from headshots_client import Headshots

    settings.SITE_URL = live_server.url
    made: list[Headshots] = []

    def make(**more: Any) -> Headshots:
        key = more.pop("key", None) or make_key(acme.organisation).secret
        made.append(Headshots(key, base_url=live_server.url, **more))
        return made[-1]

    yield make
    for client in made:
        client.close()


class Breaking(httpx.BaseTransport):
    """A network that loses answers: the server does what it is asked, and nobody hears of it."""

    def __init__(self, losing: int) -> None:
        self.losing = losing
        self.sent: list[httpx.Request] = []
        self.inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        response = self.inner.handle_request(request)
        if len(self.sent) <= self.losing:
            response.read()
            response.close()
            raise httpx.ReadError("the line went dead")
        return response

    def close(self) -> None:
        self.inner.close()
