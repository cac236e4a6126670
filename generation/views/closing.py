"""Closing an organisation."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import membership
from accounts.actors import user_actor
from accounts.models import Role
from generation.leaving import closing
from headshots.lib.problems import Problem


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """What will be destroyed, and, once its name is typed, doing it."""
    inside = membership(request.user, slug, Role.OWNER)
    problem = None
    if request.method == "POST":
        try:
            closing.close_organisation(
                actor=user_actor(inside.user, request),
                organisation=inside.organisation,
                typed_name=request.POST.get("name", ""),
            )
            messages.success(request, _("{name} is closed.").format(name=inside.organisation.name))
            return redirect("home")
        except Problem as refused:
            problem = refused
    return render(
        request,
        "accounts/organisation_close.html",
        {
            "inside": inside,
            "losses": closing.losses(organisation=inside.organisation),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )
