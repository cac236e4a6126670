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
from accounts.actors import Actor, user_actor
from accounts.models import Organisation, Role
from generation import access
from generation.delivering import team_pages
from generation.models import Order, TeamPage
from generation.storage import vault
from generation.views.employee_page import come_in


def _published(key: str) -> TeamPage:
    page = (
        TeamPage.objects.filter(key=key, published=True)
        .select_related("order__organisation", "organisation")
        .first()
    )
    if page is None or page.publisher.closed_at is not None:
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
            "organisation": page.publisher,
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
    """Publish an order's page, change who may embed it, or take it off."""
    inside = membership(request.user, slug, Role.ADMIN)
    _publish(request, user_actor(inside.user, request), access.order(inside, order_id))
    return redirect("order_wall", slug=slug, order_id=order_id)


@require_POST
@login_required
def publish_staff(request: HttpRequest, slug: str) -> HttpResponse:
    """The same of the whole staff's page."""
    inside = membership(request.user, slug, Role.ADMIN)
    _publish(request, user_actor(inside.user, request), inside.organisation)
    return redirect("staff_wall", slug=slug)


def _publish(request: HttpRequest, actor: Actor, of: Order | Organisation) -> None:
    if request.POST.get("act") == "withdraw":
        team_pages.withdraw(actor=actor, of=of)
        messages.success(request, _("The team page is off."))
    else:
        team_pages.publish(actor=actor, of=of, sites=request.POST.get("sites", "").split())
        messages.success(request, _("The team page is published."))


@require_POST
def consent(request: HttpRequest, token: str) -> HttpResponse:
    """The employee's yes, or taking it back."""
    shoot, actor = come_in(request, token)
    if request.POST.get("agreed") == "1":
        team_pages.agree(actor=actor, shoot=shoot)
    else:
        team_pages.take_back(actor=actor, shoot=shoot)
    return redirect("employee:start", token)
