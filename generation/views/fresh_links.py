"""What a link that is no longer good offers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import pace
from generation import fresh_links
from headshots.lib.problems import Problem


def stale(request: HttpRequest, token: str, problem: Problem) -> HttpResponse:
    """Says that the link is not good, and offers a new one to the address on file."""
    # SECURITY: tokens cannot be tried out at speed.
    pace.keep("stale-link", request.META.get("REMOTE_ADDR", ""), most=100, seconds=600)
    context = {"problem": problem, "token": token}
    return render(request, "employee/stale.html", context, status=problem.status)


@require_POST
@never_cache
def fresh(request: HttpRequest, token: str) -> HttpResponse:
    """Send a new link, if the old one ever led anywhere; the page says the same in each case."""
    fresh_links.send_fresh(token=token, address=request.META.get("REMOTE_ADDR", ""))
    return render(request, "employee/stale.html", {"sent": True})
