"""What goes wrong below /api/ before or beside the API's own views, as the problem documents that
those answer with: a host that is not served, an address that is none, a method that is not allowed,
an error of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from headshots import request_logs
from headshots.lib.api import problems
from headshots.lib.api.views import NOWHERE, OURS

_BELOW = "/api/"
# Pages for people, where the `type` of a problem leads.
_PAGES = "/api/problems/"
_KEPT_HEADERS = ("Allow", "Retry-After")


class ApiProblemMiddleware:
    """Answers with a problem document wherever something else refused a request to the API.

    Stands before whatever may refuse, and gives each answer the id that the request has in the log.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request):
            return self.get_response(request)
        response = self.get_response(request)
        # What is refused before the log hears of it has none there.
        request_id = request_logs.id_of(request) or uuid4().hex
        if response.status_code >= 400 and response["Content-Type"] != problems.MEDIA_TYPE:
            response = _told(request, response, request_id)
        response.setdefault("Request-Id", request_id)
        return response


def is_api(request: HttpRequest) -> bool:
    """Whether a request is for programs: one below /api/, but for the pages about problems."""
    path = request.path_info
    return path.startswith(_BELOW) and not path.startswith(_PAGES)


def _told(request: HttpRequest, before: HttpResponseBase, request_id: str) -> HttpResponse:
    """The same refusal as a problem document."""
    refusal = _refusal(request, before.status_code)
    said = problems.document(refusal, request_id=request_id)
    response = HttpResponse(
        json.dumps(said, ensure_ascii=False).encode(),
        status=before.status_code,
        content_type=problems.MEDIA_TYPE,
    )
    for name in _KEPT_HEADERS:
        if name in before.headers:
            response[name] = before[name]
    response["Cache-Control"] = "private, no-store"
    return response


def _refusal(request: HttpRequest, status: int) -> problems.Refusal:
    if not _is_served(request):
        return problems.Refusal(
            "This host is not served here. Ask at the address that the reference names.",
            code="host",
            status=status,
        )
    if status == HTTPStatus.NOT_FOUND:
        return problems.Refusal(NOWHERE, code="not_found", status=status)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return problems.Refusal(
            f'Method "{request.method}" not allowed.', code="method", status=status
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return problems.Refusal(OURS, code="internal", status=status)
    return problems.Refusal("The request cannot be read.", code="malformed", status=status)


def _is_served(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True
