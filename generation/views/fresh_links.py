"""What a link offers that is no longer good, or good for its person's rights alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import pace
from accounts.consent import invitations
from generation.inviting import fresh_links
from generation.views.embedded import find_out
from headshots.lib.problems import Problem

View = Callable[..., HttpResponseBase]


def offering(view: View) -> View:
    """Whatever a link that is no longer good was opened at, the answer offers a new one; and one
    that is for the rights alone leads to them."""

    @wraps(view)
    def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        try:
            return view(request, *arguments, **named)
        except Problem as problem:
            if problem.code == invitations.RIGHTS_ONLY:
                return redirect("employee:data", named["token"])
            if problem.code not in invitations.STALE:
                raise
            return _stale(request, named["token"], problem)

    return shown


def _stale(request: HttpRequest, token: str, problem: Problem) -> HttpResponse:
    # SECURITY: tokens cannot be tried out at speed.
    pace.keep("stale-link", request.META.get("REMOTE_ADDR", ""), most=100, seconds=600)
    if request.headers.get("HX-Request"):
        # A part of a page that stood open meanwhile: the page itself makes the offer.
        answer = HttpResponse(status=problem.status)
        answer["HX-Refresh"] = "true"
    else:
        find_out(request, token)
        context = {"problem": problem, "token": token}
        answer = render(request, "employee/stale.html", context, status=problem.status)
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def fresh(request: HttpRequest, token: str) -> HttpResponse:
    """Send a new link, if the old one ever led anywhere; the page says the same in each case."""
    if request.method != "POST":
        return redirect("employee:start", token)
    fresh_links.send_fresh(token=token, address=request.META.get("REMOTE_ADDR", ""))
    return render(request, "employee/stale.html", {"sent": True})
