"""Which department has which look."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import membership, staff
from accounts.actors import user_actor
from accounts.models import Role
from accounts.staff.roster_people import choices
from generation import access
from generation.models import Look
from generation.ordering import department_looks


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The departments of the roster, each with a look to choose."""
    inside = membership(request.user, slug, Role.ADMIN)
    names = choices(staff(inside), "department")
    if request.method == "POST":
        said = zip(request.POST.getlist("department"), request.POST.getlist("look"), strict=False)
        wanted: dict[str, Look | None] = {}
        for name, look in said:
            if name in names:
                try:
                    wanted[name] = access.look(inside, UUID(look)) if look else None
                except ValueError:
                    continue
        department_looks.assign(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            looks=wanted,
        )
        messages.success(request, _("Saved. New orders follow it; those under way keep theirs."))
        return redirect("department_looks", slug=slug)
    own = department_looks.own(organisation=inside.organisation)
    return render(
        request,
        "generation/department_looks.html",
        {
            "inside": inside,
            "looks": list(access.looks(inside)),
            "departments": [(name, own.get(name)) for name in names],
        },
    )
