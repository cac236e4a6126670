"""Behind a proxy: whoever asks has the address that the proxy saw, and not the proxy's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponseBase

# Some proxies say the port too: 203.0.113.9:4711, [2001:db8::1]:443.
_WITH_PORT = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[0-9.]+))(?::[0-9]{1,5})?")


class ClientAddressMiddleware:
    """Puts the last entry of X-Forwarded-For in REMOTE_ADDR, for whatever notes or counts by it.

    SECURITY: the last entry alone is the proxy's; those before it are whatever the client sent.
    In use with HEADSHOTS_BEHIND_PROXY, where nobody reaches this server but by the proxy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        with suppress(ValueError):  # none is given where the proxy itself asks
            request.META["REMOTE_ADDR"] = str(ip_address(_without_port(last)))
        return self.get_response(request)


def _without_port(said: str) -> str:
    found = _WITH_PORT.fullmatch(said)
    return (found["six"] or found["four"]) if found else said
