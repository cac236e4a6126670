"""The site as it runs for real, asked by several programs at the same time."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import Any

import httpx

CLIENTS = 8
# How long the site is given to start.
PATIENCE_S = 120.0


class Wire:
    """A program that sends its requests over a connection of its own thread's."""

    def __init__(self, secret: str, base: str) -> None:
        self._secret = secret
        self._base = base
        self._mine = threading.local()

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The answer to a request below /api/v1."""
        if not hasattr(self._mine, "client"):
            self._mine.client = httpx.Client(
                base_url=f"{self._base}/api/v1/",
                headers={"Authorization": f"Bearer {self._secret}"},
                timeout=60,
            )
        kind = {} if body is None else {"Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        answer: httpx.Response = self._mine.client.request(
            method, path, content=content, headers=kind
        )
        return answer


@contextmanager
def site() -> Iterator[str]:
    """The address of the web server as `make run` starts it, on the database that is set up."""
    from django.test import override_settings

    from headshots import processes
    from tests.engine_room import environment

    with create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with override_settings(BIND=f"127.0.0.1:{port}"):
        (web,) = processes.children(["web"])
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        env = environment(
            place / "var",
            place / "private",
            HEADSHOTS_SITE_URL=base,
            HEADSHOTS_API_REQUESTS_A_MINUTE="1000000",
        )
        with (place / "log").open("w") as log:
            process = subprocess.Popen(
                web.argv, cwd=processes.ROOT, env=env, stdout=log, stderr=log
            )
        try:
            _await(base, process, place / "log")
            yield base
        finally:
            process.terminate()
            process.wait(timeout=60)


def rate(call: Callable[[], object], *, seconds: float, clients: int = CLIENTS) -> float:
    """How many calls a second so many clients get done together, each of them one after another."""
    from django.db import connection

    end = time.perf_counter() + seconds
    done = [0] * clients
    wrong: list[BaseException] = []

    def go(number: int) -> None:
        try:
            while time.perf_counter() < end:
                call()
                done[number] += 1
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()  # of this thread, where it asked the database itself

    began = time.perf_counter()
    threads = [threading.Thread(target=go, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
    return sum(done) / (time.perf_counter() - began)


def _await(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{base}/healthz", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit(log.read_text()[-3000:])
