"""The staff roster's pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access
from accounts.actors import user_actor
from accounts.models import Role
from accounts.roster import import_roster, read_roster
from headshots.lib.problems import Problem

PAGE = 50


@require_safe
@login_required
def roster(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody, fifty a page, searched by ?q=."""
    inside = access.membership(request.user, slug)
    found = access.employees(inside)
    query = request.GET.get("q", "").strip()[:100]
    for word in query.split():
        found = found.filter(
            Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
            | Q(department__icontains=word)
            | Q(employee_number__icontains=word)
        )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/roster.html", {"inside": inside, "page": page, "query": query})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a CSV or XLSX file in and say row by row what could not be used."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    context: dict[str, object] = {"inside": inside}
    status = 200
    if request.method == "POST":
        try:
            file = request.FILES.get("file")
            if file is None:
                raise Problem("Choose a CSV or XLSX file.", code="file_missing", field="file")
            read = read_roster(data=file.read(), filename=file.name or "")
            context["report"] = import_roster(
                actor=user_actor(inside.user, request),
                organisation=inside.organisation,
                roster=read,
            )
        except Problem as problem:
            context["problem"], status = problem, problem.status
    return render(request, "accounts/roster_upload.html", context, status=status)
