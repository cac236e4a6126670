"""The web server's worker: threads, each of which waits for a request only so long.

A thread that waits for a slow sender is lost to everybody else, and gunicorn's own time-out is
about workers that hang, not about threads. We wait REQUEST_PATIENCE_S for a request,
and what has come in of it earns more time at SLOWEST bytes a second.
"""

from __future__ import annotations

import errno
import socket
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings
from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

from headshots.lib.api import unread

SLOWEST = 20_000
# How long the other side may take to close a connection after its last answer.
LINGER_S = 0.5
# So many bytes of a request are remembered; the method and the beginning of the address are in it.
_HEAD = 64


class TooSlow(TimeoutError):
    """A request came in too slowly. Nothing more of it is read."""


class PatientSocket:
    """A connection that reads no longer than its request may take."""

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self.begin()

    def begin(self) -> None:
        """Another request is awaited."""
        self._patience = float(settings.REQUEST_PATIENCE_S)
        self.head = b""

    def recv(self, size: int) -> bytes:
        data = self._patient(size)
        self.head += data[: max(0, _HEAD - len(self.head))]
        return data

    def _patient(self, size: int) -> bytes:
        if self._plain.gettimeout() is not None:
            return self._plain.recv(size)  # what is left of a request, which the server bounds
        if self._patience <= 0:
            raise TooSlow(errno.ECONNRESET, "The request came in too slowly.")
        began = time.monotonic()
        self._plain.settimeout(self._patience)
        try:
            data = self._plain.recv(size)
        except TimeoutError:
            raise TooSlow(errno.ECONNRESET, "The request came in too slowly.") from None
        finally:
            self._plain.settimeout(None)
            # Waiting alone counts, not what we do in between.
            self._patience -= time.monotonic() - began
        self._patience += len(data) / SLOWEST
        return data

    def setblocking(self, flag: bool) -> None:
        # gunicorn sets it before it closes what is closed already, and miscounts on an error.
        with suppress(OSError):
            self._plain.setblocking(flag)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's thread worker on such connections."""

    def enqueue_req(self, conn: Any) -> None:
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(conn.sock)
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        conn.sock.begin()
        goes_on = super().handle(conn)
        if goes_on is False:
            # Here, as the loop that accepts connections would stand still meanwhile.
            util.close_graceful(conn.sock, timeout=LINGER_S)
        return goes_on

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        if not isinstance(client, PatientSocket) or not unread.is_for_api(client.head):
            # SECURITY: without the request, as its address is logged and may be a personal link.
            super().handle_error(None, client, addr, exc)
            return
        refused = unread.refusal(exc)
        data, request_id = unread.answer(refused)
        if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.exception("Error handling request %s", request_id)
        else:
            self.log.warning("Request %s was refused: %s", request_id, type(exc).__name__)
        with suppress(OSError):
            util.write_nonblock(client, data)
