"""Whether this process lives, and whether it could serve.

Whoever asks, a load balancer or an orchestrator, does so without TLS and by an address of its own,
so these are answered before a request is led to https:// or refused for its host name.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import connection
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django_q.brokers import get_broker

from generation.storage import vault

log = structlog.get_logger(__name__)


@never_cache
def alive(request: HttpRequest) -> HttpResponseBase:
    """200 as long as the process answers."""
    return JsonResponse({"alive": True})


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _queue() -> None:
    get_broker("default").queue_size()


@never_cache
def ready(request: HttpRequest) -> HttpResponseBase:
    """200 when database, storage and queue answer; otherwise 503 and which do not."""
    parts: dict[str, Callable[[], object]] = {
        "database": _database,
        "storage": vault().check,
        "queue": _queue,
    }
    answers = {}
    for name, ask in parts.items():
        try:
            ask()
            answers[name] = "ok"
        except Exception:
            log.exception("not_ready", part=name)
            answers[name] = "does not answer"
    good = all(answer == "ok" for answer in answers.values())
    return JsonResponse({"ready": good, **answers}, status=200 if good else 503)


PLACES = {"/healthz": alive, "/readyz": ready}


class HealthMiddleware:
    """Answers these addresses, whatever the scheme and the host."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return PLACES.get(request.path_info, self.get_response)(request)
