"""The pages about looks."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import membership
from accounts.actors import user_actor
from accounts.models import Role
from generation import access
from generation.art_direction import CHOICES
from generation.ordering.looks import save_look
from headshots.lib.problems import Problem


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def looks(request: HttpRequest, slug: str) -> HttpResponse:
    """The organisation's looks, and a form for the next."""
    posted = request.method == "POST"
    inside = membership(request.user, slug, Role.ADMIN if posted else Role.VIEWER)
    problem = None
    if posted:
        try:
            save_look(
                actor=user_actor(inside.user, request),
                organisation=inside.organisation,
                name=request.POST.get("name", ""),
                attire_choices=request.POST.getlist("attire_choices"),
                **{field: request.POST.get(field, "") for field in CHOICES},
            )
            target = "order_new" if request.POST.get("then") == "order" else "looks"
            return redirect(target, slug=slug)
        except Problem as refused:
            problem = refused
    return render(
        request,
        "generation/looks.html",
        {
            "inside": inside,
            "looks": access.looks(inside),
            "choices": CHOICES,
            "posted": request.POST,
            "posted_attire": request.POST.getlist("attire_choices"),
            "problem": problem,
            "then": request.GET.get("then", request.POST.get("then", "")),
        },
        status=problem.status if problem else 200,
    )
