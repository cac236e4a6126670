"""The public team page, publishing it, and an employee's yes to being on it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.access import membership
from accounts.actors import user_actor
from accounts.models import Role
from generation import access
from generation.delivering import team_pages
from generation.models import TeamPage
from generation.storage import vault
from generation.views.employee_page import come_in


def _published(key: str) -> TeamPage:
    page = (
        TeamPage.objects.filter(key=key, published=True, order__organisation__closed_at=None)
        .select_related("order__organisation")
        .first()
    )
    if page is None:
        raise Http404
    return page


@require_safe
@xframe_options_exempt
def team(request: HttpRequest, key: str) -> HttpResponse:
    """The page that anybody sees, and that the sites named embed."""
    page = _published(key)
    people = team_pages.people(page)
    response = render(
        request,
        "team_page.html",
        {
            "page": page,
            "organisation": page.order.organisation,
            "people": people,
            "generated": any(not shown.note for shown in people),
        },
    )
    # SECURITY: in a frame of those sites alone.
    response._csp_replace = {"frame-ancestors": page.sites or ["'none'"]}  # type: ignore[attr-defined]
    response["Cache-Control"] = "public, max-age=60"
    return response


@require_safe
def team_picture(request: HttpRequest, key: str, rendition_id: UUID) -> HttpResponse:
    """The picture of somebody who is on the page."""
    shown = team_pages.one(_published(key), rendition_id)
    if shown is None or not vault().exists(shown.file):
        raise Http404
    response = HttpResponse(vault().read(shown.file), content_type=shown.content_type)
    response["Cache-Control"] = "public, max-age=60"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@login_required
def publish(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Publish the page, change who may embed it, or take it off."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    actor = user_actor(inside.user, request)
    if request.POST.get("act") == "withdraw":
        team_pages.withdraw(actor=actor, order=order)
        messages.success(request, _("The team page is off."))
    else:
        sites = request.POST.get("sites", "").split()
        team_pages.publish(actor=actor, order=order, sites=sites)
        messages.success(request, _("The team page is published."))
    return redirect("order_wall", slug=slug, order_id=order_id)


@require_POST
def consent(request: HttpRequest, token: str) -> HttpResponse:
    """The employee's yes, or taking it back."""
    shoot, actor = come_in(request, token)
    if request.POST.get("agreed") == "1":
        team_pages.agree(actor=actor, shoot=shoot)
    else:
        team_pages.take_back(actor=actor, shoot=shoot)
    return redirect("employee:start", token)
