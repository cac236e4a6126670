"""Who may act for the organisation, and who did."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access
from accounts.actors import user_actor
from accounts.models import Role, User
from accounts.organisations import add_member
from headshots.lib.problems import Problem

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """List members; owners add those who have an account, and change roles."""
    needed = Role.OWNER if request.method == "POST" else Role.VIEWER
    inside = access.membership(request.user, slug, needed)
    problem = None
    if request.method == "POST":
        try:
            email = request.POST.get("email", "").strip()
            user = User.objects.filter(email__iexact=email).first()
            if user is None:
                raise Problem(
                    f"Nobody with the address “{email[:100]}” has an account yet. "
                    "Ask them to sign up first.",
                    code="user_unknown",
                    field="email",
                )
            if request.POST.get("role") not in Role.values:
                raise Problem("Choose a role.", code="role", field="role")
            add_member(
                actor=user_actor(inside.user, request),
                organisation=inside.organisation,
                user=user,
                role=Role(request.POST["role"]),
            )
            return redirect("members", slug=slug)
        except Problem as refused:
            problem = refused
    return render(
        request,
        "accounts/members.html",
        {
            "inside": inside,
            "members": access.members(inside).order_by("user__email"),
            "roles": Role,
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


@require_safe
@login_required
def audit_log(request: HttpRequest, slug: str) -> HttpResponse:
    """What was done, newest first."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    page = Paginator(access.audit_entries(inside), PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/audit.html", {"inside": inside, "page": page})
