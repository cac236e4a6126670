"""Who did what."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts import access, audit_log, audit_words, clocks
from accounts.access import Membership
from accounts.actors import user_actor
from accounts.audit_log import Filter
from accounts.models import AuditEntry, Role
from headshots.lib.csv_files import csv_file
from headshots.lib.problems import Problem

PAGE = 50


@require_safe
@login_required
def log(request: HttpRequest, slug: str) -> HttpResponse:
    """What was done, newest first: by whom, what and when."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    try:
        return _page(request, inside, Filter.read(request.GET.dict()))
    except Problem as refused:
        return _page(request, inside, Filter(), refused)


@require_POST
@login_required
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """What the filter finds, as a CSV file."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    wanted = Filter()
    try:
        wanted = Filter.read(request.POST.dict())
        data = audit_log.export(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            entries=_found(inside, wanted),
            wanted=wanted,
        )
    except Problem as refused:
        return _page(request, inside, wanted, refused)
    return csv_file(data, name="log")


def _found(inside: Membership, wanted: Filter) -> QuerySet[AuditEntry]:
    """What is looked for, by the days of the clock that the page shows."""
    zone = clocks.at_home(inside.organisation)
    return audit_log.search(access.audit_entries(inside), wanted, zone=zone)


def _page(
    request: HttpRequest, inside: Membership, wanted: Filter, problem: Problem | None = None
) -> HttpResponse:
    found = Paginator(_found(inside, wanted), PAGE)
    return render(
        request,
        "accounts/audit.html",
        {
            "inside": inside,
            "page": found.get_page(request.GET.get("page")),
            # What was typed stays, also where it makes no filter.
            "said": (request.POST or request.GET) if problem else wanted.words(),
            "words": wanted.words(),
            "kept": urlencode(wanted.words()),
            "actions": audit_words.acts(),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )
