"""The way in: the landing page and one's organisations."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access
from accounts.actors import user_actor
from accounts.models import User
from billing import welcome
from headshots.lib.problems import Problem


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What this is, for whoever is not signed in."""
    if request.user.is_authenticated:
        return redirect("home")
    return render(request, "landing.html")


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """One's organisations; straight into it, where there is one alone."""
    assert isinstance(request.user, User)
    organisations = list(access.organisations(request.user))
    if not organisations:
        return redirect("new_organisation")
    if len(organisations) == 1:
        return redirect("overview", slug=organisations[0].slug)
    return render(request, "accounts/organisations.html", {"organisations": organisations})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_organisation(request: HttpRequest) -> HttpResponse:
    """Found an organisation; it starts with a few credits to try with."""
    assert isinstance(request.user, User)
    problem = None
    name = request.POST.get("name", "")
    if request.method == "POST":
        actor = user_actor(request.user, request)
        try:
            organisation = welcome.found(actor=actor, owner=request.user, name=name)
            return redirect("overview", slug=organisation.slug)
        except Problem as refused:
            problem = refused
    return render(
        request,
        "accounts/new_organisation.html",
        {"problem": problem, "name": name},
        status=problem.status if problem else 200,
    )
