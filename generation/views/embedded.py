"""The employees' way in a frame of a partner's page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.consent import invitations
from accounts.developers import embedding
from accounts.models import EmbedLink
from headshots.lib.problems import Problem

View = Callable[..., HttpResponseBase]
Answer = TypeVar("Answer", bound=HttpResponseBase)


@require_safe
@never_cache
def enter(request: HttpRequest, signed: str) -> HttpResponse:
    """From a signed link into the employee's own way."""
    try:
        token = embedding.open_link(signed=signed)
    except Problem as problem:
        frame(request, embedding.whose(signed=signed))
        return _in_frame(request, _refused(request, problem))
    return redirect("employee:start", token)


def framed(view: View) -> View:
    """Let the origin of this employee's partner, and no other, show the page in a frame; a refusal,
    too, which would else be a blank one."""

    @csrf_exempt
    @wraps(view)
    def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        # SECURITY: no cookie says who acts here, the secret in the address does, which no other
        # page knows; and in a frame the cookie of the check would not arrive.
        try:
            response = view(request, *arguments, **named)
        except Problem as problem:
            find_out(request, named["token"])
            response = _refused(request, problem)
        except Http404:
            if not getattr(request, "framed_by", ""):
                raise
            response = render(request, "404.html", status=404)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            find_out(request, named["token"])
        return _in_frame(request, response)

    return shown


def find_out(request: HttpRequest, token: str) -> None:
    """Who may frame, where nobody came in: the link has run out, or was replaced or revoked."""
    if not hasattr(request, "framed_by"):
        known = invitations.whose(token=token)
        frame(request, embedding.opened_by(token=token, invitation=known) if known else None)


def frame(request: HttpRequest, link: EmbedLink | None) -> None:
    """Let the page of a link show the answer in a frame, and the answer lead back there."""
    request.framed_by = link.origin if link else ""  # type: ignore[attr-defined]
    request.return_url = link.return_url if link else ""  # type: ignore[attr-defined]


def _refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    return render(request, "problem.html", {"problem": problem}, status=problem.status)


def _in_frame(request: HttpRequest, response: Answer) -> Answer:
    origin = getattr(request, "framed_by", "")
    if origin:
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
        response._csp_replace = {"frame-ancestors": [origin]}  # type: ignore[attr-defined]
    return response
