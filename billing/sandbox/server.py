"""HTTP on loopback: the API below /v1, pages elsewhere."""

from __future__ import annotations

import base64
import binascii
import logging
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from billing.sandbox import api, web
from billing.sandbox.delivery import Deliverer
from billing.sandbox.store import Store

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_MOST_BYTES = 1_000_000


class Server(ThreadingHTTPServer):
    """The stand-in; `settle_s` is how long a bank debit takes, None: until the desk says so."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, store: Store, *, settle_s: float | None = None) -> None:
        super().__init__((HOST, port), _Handler)
        self.store = store
        self.address = f"http://{HOST}:{self.server_port}"
        api.load()
        self.site = web.Site(store, self.address, settle_s=settle_s)
        Deliverer(store, self.address).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a connection broke", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    # Headers and body in one piece: in two, the other side waits 40 ms to acknowledge the first.
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    @cached_property
    def _body(self) -> str:
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(min(length, _MOST_BYTES)).decode("utf-8", "replace")

    def _answer(self) -> None:
        self.__dict__.pop("_body", None)
        body, url = self._body, urlsplit(self.path)
        # SECURITY: a page of another site must not reach this one under another name.
        if self.headers.get("Host") != urlsplit(self.server.address).netloc:
            self._send(400, "text/plain; charset=utf-8", b"Another host.\n")
        elif url.path.startswith("/v1/"):
            done = api.answer(
                self.server.store,
                method=self.command,
                path=url.path,
                asked="&".join(part for part in (url.query, body) if part),
                key=_key(self.headers.get("Authorization", "")),
                idempotency_key=self.headers.get("Idempotency-Key", ""),
                site=self.server.address,
            )
            headers = {"Idempotent-Replayed": "true"} if done.replayed else {}
            self._send(done.status, "application/json", done.body.encode(), headers)
        else:
            page = self.server.site.answer(
                method=self.command,
                path=url.path,
                query=url.query,
                body=body,
                origin=self.headers.get("Origin"),
            )
            self._send(page.status, page.content_type, page.body, page.headers)

    def _send(
        self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Request-Id": "req_standin",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


def _key(authorization: str) -> str:
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
