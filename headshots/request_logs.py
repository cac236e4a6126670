"""Requests in the log: by the route they took, as their addresses hold personal links."""

from __future__ import annotations

import logging

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

# Where a request keeps what the log calls it by. No header of a client comes to stand there.
_ID = "headshots.request_id"


def described(request: HttpRequest) -> str:
    """The method and the route, with names in place of what stood in the address; the method alone
    before a route is found or where there is none."""
    route = request.resolver_match.route if request.resolver_match else ""
    return f"{request.method} /{route}" if route else f"{request.method}"


def id_of(request: HttpRequest) -> str:
    """What the log calls a request by; empty where it has not come that far."""
    return str(request.META.get(_ID, ""))


class RequestLogMiddleware(RequestMiddleware):
    """Notes each request without its address.

    SECURITY: whoever reads a log must not get into anybody's photos by a link that stands there,
    nor may who asks choose the IP address that is noted.
    """

    def prepare(self, request: HttpRequest) -> None:
        """Begins to note a request, and keeps with it what it is called by there."""
        super().prepare(request)
        request.META[_ID] = structlog.contextvars.get_contextvars().get("request_id", "")

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """As `headshots.proxy` leaves it."""
        structlog.contextvars.bind_contextvars(ip=request.META.get("REMOTE_ADDR"))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """What is noted as `request`."""
        return described(request)


class AddressFilter(logging.Filter):
    """Puts the route in place of the address in what Django itself logs of refused requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; changes the record."""
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            path = request.path.encode("unicode_escape").decode("ascii")
            record.args = tuple(
                described(request) if isinstance(arg, str) and path in arg else arg
                for arg in record.args
            )
        return True
