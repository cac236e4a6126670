"""A session of `requests` that calls public addresses alone, for libraries that want one."""

from __future__ import annotations

from typing import Any

import requests
from django.conf import settings
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from headshots.lib import safe_http

MOST_BYTES = 512 * 1024


class _SafeAdapter(BaseAdapter):
    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self.timeout_s = timeout_s

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        body = request.body or b""
        try:
            answer = safe_http.send(
                method=request.method or "GET",
                url=request.url or "",
                headers={k: str(v) for k, v in request.headers.items() if k != "Content-Length"},
                body=body if isinstance(body, bytes) else str(body).encode(),
                timeout_s=self.timeout_s,
                most_bytes=MOST_BYTES,
                allow_loopback=settings.ALLOW_LOOPBACK,
            )
        except safe_http.Unsendable as problem:
            raise requests.ConnectionError(problem.sentence, request=request) from problem
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(dict(answer.headers))
        response._content = answer.body
        response.url = request.url or ""
        response.request = request
        response.encoding = "utf-8"
        return response

    def close(self) -> None:
        """Nothing is kept open."""


def session(*, timeout_s: float = 8.0) -> requests.Session:
    """SECURITY: customers name the addresses that this calls; see headshots.lib.safe_http."""
    made = requests.Session()
    made.trust_env = False
    made.max_redirects = 0
    made.headers["Accept-Encoding"] = "identity"
    made.mount("https://", _SafeAdapter(timeout_s))
    made.mount("http://", _SafeAdapter(timeout_s))
    return made
