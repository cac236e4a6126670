"""Join links: an administrator's page for them, and the way in for whoever has one."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import clocks, pace
from accounts.access import membership
from accounts.actors import user_actor
from accounts.consent import invitations
from accounts.models import Organisation, Role
from generation import access
from generation.inviting import join_links, joining
from generation.inviting.join_links import address_of, read_domains
from generation.models import Order
from headshots.lib import numbers
from headshots.lib.problems import Problem

_CODE = "join-code"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def links(request: HttpRequest, slug: str, order_id: UUID | None = None) -> HttpResponse:
    """The join links of an order, or the organisation's own, and making one."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id) if order_id else None
    problem = None
    if request.method == "POST":
        try:
            join_links.make_link(
                actor=user_actor(inside.user, request),
                organisation=inside.organisation,
                order=order,
                domains=read_domains(request.POST.get("domains", "")),
                cap=numbers.whole(request.POST.get("cap", "")),
                expires_at=_end_of(request.POST.get("expires", ""), inside.organisation, order),
            )
            messages.success(request, _("The link is ready. Copy it and hand it round."))
            return redirect(request.path)
        except Problem as refused:
            problem = refused
    now = timezone.now()
    usual = order.due_at if order else now + join_links.USUAL
    day_of = partial(clocks.day_of, organisation=inside.organisation)
    return render(
        request,
        "generation/join_links.html",
        {
            "inside": inside,
            "order": order,
            "open_order": None if order else joining.open_order(inside.organisation),
            "waiting": 0 if order else joining.waiting(inside.organisation).count(),
            "links": [
                (link, address_of(link), link.expires_at <= now or link.used >= link.cap)
                for link in access.join_links(inside, order)
            ],
            "domains": request.POST.get("domains", inside.user.email.rpartition("@")[2]),
            "cap": request.POST.get("cap", "50"),
            "expires": request.POST.get("expires", day_of(usual).isoformat()),
            "today": day_of(now).isoformat(),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


def _end_of(said: str, organisation: Organisation, order: Order | None) -> datetime:
    """The end of the day that was said; on the day on which the order is due, with that."""
    try:
        day = parse_date(said)
    except ValueError:
        day = None
    if day is None:
        raise Problem(_("Give the last day."), code="expires", field="expires")
    if order is not None and day == clocks.day_of(order.due_at, organisation=organisation):
        return order.due_at
    return clocks.end_of(day, organisation=organisation)


@require_POST
@login_required
def revoke(request: HttpRequest, slug: str, link_id: UUID) -> HttpResponse:
    """Close a join link."""
    inside = membership(request.user, slug, Role.ADMIN)
    link = access.join_link(inside, link_id)
    join_links.revoke_link(actor=user_actor(inside.user, request), link=link)
    if link.order_id is None:
        messages.success(request, _("The link is closed. Whoever came by it stays on the roster."))
        return redirect("organisation_join_links", slug=slug)
    messages.success(request, _("The link is closed. Whoever came by it stays in the order."))
    return redirect("join_links", slug=slug, order_id=link.order_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Say who you are; a code is mailed to the address."""
    address = request.META.get("REMOTE_ADDR", "")
    if request.method == "GET":
        pace.keep("join-open", address, most=2000, seconds=600)
    link = join_links.open_link(token=token)
    problem = None
    if request.method == "POST":
        try:
            asked = join_links.ask(
                link=link,
                email=request.POST.get("email", ""),
                first_name=request.POST.get("first_name", ""),
                last_name=request.POST.get("last_name", ""),
                language=translation.get_language() or "",
                address=address,
            )
            request.session[_CODE] = {
                "id": str(asked.code.pk),
                "email": asked.code.email,
                "mailed": asked.mailed,
            }
            return redirect("join_order_code", token=token)
        except Problem as refused:
            problem = refused
    return render(
        request,
        "generation/join_order.html",
        {"link": link, "organisation": link.organisation, "said": request.POST, "problem": problem},
        status=problem.status if problem else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, token: str) -> HttpResponse:
    """Type the code; then the personal page opens."""
    link = join_links.open_link(token=token)
    asked = request.session.get(_CODE)
    if not asked:
        return redirect("join_order", token=token)
    problem = None
    if request.method == "POST":
        address = request.META.get("REMOTE_ADDR", "")
        most = 2 * join_links.hourly(link)
        pace.keep("join-try", f"{link.pk}:{address}", most=most, seconds=3600)
        try:
            proved = join_links.prove(
                token=token, code_id=UUID(asked["id"]), code=request.POST.get("code", "")
            )
            shoot = joining.join(proved=proved, address=address)
            request.session.pop(_CODE, None)
            if shoot is None:
                return render(
                    request,
                    "generation/join_waiting.html",
                    {"organisation": link.organisation, "email": proved.email},
                )
            return redirect("employee:start", invitations.token(invitation=shoot.invitation))
        except Problem as refused:
            problem = refused
    return render(
        request,
        "generation/join_order_code.html",
        {
            "link": link,
            "organisation": link.organisation,
            "email": asked["email"],
            "mailed": asked.get("mailed", True),
            "token": token,
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )
