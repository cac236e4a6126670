"""Anybody may ask whether a picture is from here."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import pace
from generation.finishing import credentials
from headshots.lib.problems import Problem

# Files that one address may have read in a minute.
MOST_A_MINUTE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """Take a file and say whether it is ours, when it was made, and whether it was changed since.
    The file is read in memory and forgotten."""
    problem = None
    context: dict[str, object] = {"asked": False}
    if request.method == "POST":
        try:
            context = {"asked": True, "found": credentials.check(_file(request))}
        except Problem as refused:
            problem = refused
    ours = credentials.known()
    context |= {"problem": problem, "own_chain": bool(ours and ours.own_chain), "signing": ours}
    return render(request, "provenance/verify.html", context, status=_status(problem))


def _file(request: HttpRequest) -> bytes:
    pace.keep("verify", request.META.get("REMOTE_ADDR") or "", most=MOST_A_MINUTE, seconds=60)
    file = request.FILES.get("file")
    if file is None:
        raise Problem(_("Choose the picture that you want to check."), field="file")
    if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise Problem(
            _("The file has more than {limit} MB.").format(
                limit=settings.UPLOAD_MAX_BYTES // 2**20
            ),
            field="file",
        )
    return bytes(file.read())


def _status(problem: Problem | None) -> int:
    return problem.status if problem else 200
