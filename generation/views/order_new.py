"""Choosing look, people and due date, looking at the invitation, and launching."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from accounts import clocks
from accounts.access import Membership, membership, staff
from accounts.actors import user_actor
from accounts.models import Employee, Role
from accounts.staff.roster_people import (
    Filter,
    attribute_values,
    identifiers,
    offered,
    search,
    selection,
)
from billing import ledger, prices, terms
from generation import access
from generation.inviting import joining, notices
from generation.models import Order
from generation.ordering import budgets_used, department_looks, orders, placed_once
from headshots.lib import numbers
from headshots.lib.problems import Problem

DEFAULT_DAYS = 14
PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose look, people and due date, and launch. ?employees= has some of them chosen, ?ended=
    those whose part of that order was cancelled or failed."""
    inside = membership(request.user, slug, Role.ADMIN)
    problem = None
    waiting: set[UUID] = set()
    if request.method == "POST":
        try:
            placed = _place(request, inside)
            messages.success(
                request,
                ngettext(
                    "The order is placed; invitations are on their way.",
                    "{n} orders are placed, one for each look; invitations are on their way.",
                    len(placed),
                ).format(n=len(placed)),
            )
            return _to(placed, slug)
        except Problem as refused:
            if again := placed_before(request, inside, refused):
                return again
            problem = refused
        chosen = identified(request)
    else:
        chosen = set(selection(staff(inside), request.GET).values_list("pk", flat=True))
        chosen |= _ended_in(request, inside)
        # Whoever came by the organisation's join link is invited with the next order.
        waiting = set(joining.waiting(inside.organisation).values_list("pk", flat=True))
        chosen |= waiting
    balance = ledger.balance(organisation=inside.organisation)
    return render(
        request,
        "generation/order_new.html",
        {
            **people_found(request, inside, staff(inside), chosen),
            "offered": offered(staff(inside)),
            "looks": access.looks(inside),
            "own_looks": department_looks.own(organisation=inside.organisation),
            "by_department": request.method != "POST" or "by_department" in request.POST,
            "waiting": len(waiting),
            "chosen": chosen,
            "chosen_words": ",".join(sorted(pk.hex for pk in chosen)),
            "balance": balance,
            "free": balance.available - orders.credits_promised(organisation=inside.organisation),
            "credits_a_shoot": prices.credits_a_shoot(),
            "more_pictures": prices.MORE_PICTURES,
            "wants_more": "more_pictures" in request.POST,
            "why": request.POST.get("why", ""),
            "longest_why": orders.LONGEST_WHY,
            "cost_centre": request.POST.get("cost_centre", ""),
            "po_number": request.POST.get("po_number", ""),
            "promised_hours": terms.promised_hours(inside.organisation),
            "uses": budgets_used.of_organisation(inside.organisation),
            "due": request.POST.get("due")
            or (_today(inside) + timedelta(days=DEFAULT_DAYS)).isoformat(),
            "today": _today(inside).isoformat(),
            "name": request.POST.get("name", ""),
            "look_id": request.POST.get("look", ""),
            "intervals": orders.REMIND_EVERY,
            "remind_every": _interval(request, 3),
            "languages": settings.LANGUAGES,
            "once_key": once_key(request) or uuid4(),
            "twice": "twice" in request.POST,
            "asks_twice": "twice" in request.POST
            or (problem is not None and problem.code == placed_once.IN_OPEN_ORDER),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


@require_safe
@login_required
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """The list of people on the order's form: a page of those whom the filter finds; with ?all=,
    the identifiers of every one of them."""
    inside = membership(request.user, slug, Role.ADMIN)
    if request.GET.get("all"):
        found = search(staff(inside), Filter.read(request.GET)).order_by()
        return JsonResponse({"employees": [pk.hex for pk in found.values_list("pk", flat=True)]})
    listed = people_found(request, inside, staff(inside), set())
    return render(request, "generation/order_people.html", listed)


def people_found(
    request: HttpRequest, inside: Membership, everybody: QuerySet[Employee], chosen: set[UUID]
) -> dict[str, object]:
    """What the list of people to choose from shows: a page of `everybody` whom the filter finds."""
    wanted = Filter.read(request.GET if request.method != "POST" else {})
    page = Paginator(search(everybody, wanted), PAGE).get_page(request.GET.get("page"))
    return {
        "inside": inside,
        "page": page,
        "people": list(page),
        "wanted": wanted,
        "kept": urlencode(wanted.words()),
        "chosen": chosen,
        "attribute_values": attribute_values(everybody, wanted.attribute),
    }


def identified(request: HttpRequest) -> set[UUID]:
    """Whom a form has chosen."""
    return identifiers(
        word for value in request.POST.getlist("employees") for word in value.split(",")
    )


def _ended_in(request: HttpRequest, inside: Membership) -> set[UUID]:
    try:
        order = access.order(inside, UUID(request.GET.get("ended", "")))
    except ValueError:
        return set()
    found = orders.ended_early(order=order, people=staff(inside))
    return set(found.values_list("pk", flat=True))


def once_key(request: HttpRequest) -> UUID | None:
    """What a form that places an order carries, so that it places one; None without any."""
    try:
        return UUID(request.POST.get("once_key", ""))
    except ValueError:
        return None


def placed_before(
    request: HttpRequest, inside: Membership, refused: Problem
) -> HttpResponse | None:
    """Where a form was sent again: to what it placed, which is said; else None."""
    key = once_key(request)
    if refused.code != placed_once.PLACED or key is None:
        return None
    messages.warning(request, refused.sentence)
    found = placed_once.placed(organisation=inside.organisation, once_key=key)
    return _to(found, inside.organisation.slug)


def _to(placed: list[Order], slug: str) -> HttpResponse:
    if len(placed) > 1:
        return redirect("overview", slug=slug)
    return redirect("order", slug=slug, order_id=placed[0].pk)


def _interval(request: HttpRequest, default: int) -> int:
    return numbers.whole(request.POST.get("remind_every", str(default)))


def _today(inside: Membership) -> date:
    return clocks.day_of(timezone.now(), organisation=inside.organisation)


def _due(said: str) -> date | None:
    try:
        return parse_date(said)
    except ValueError:
        return None


def _place(request: HttpRequest, inside: Membership) -> list[Order]:
    chosen = identified(request)
    try:
        look = access.look(inside, UUID(request.POST.get("look", "")))
    except ValueError:
        raise Problem(_("Choose a look from the list."), code="choice", field="look") from None
    due = _due(request.POST.get("due", ""))
    if due is None:
        raise Problem(_("Give the due date as a day."), code="due", field="due")
    found = list(staff(inside).filter(pk__in=chosen))
    if len(found) < len(chosen):
        raise Problem(
            _(
                "Somebody you chose is no longer on the roster. See who is chosen and place it "
                "again."
            ),
            code="left",
            field="employees",
        )
    terms: dict[str, Any] = {
        "due_at": clocks.end_of(due, organisation=inside.organisation),
        "name": request.POST.get("name", ""),
        "remind_every": _interval(request, 3),
        "more_pictures": "more_pictures" in request.POST,
        "why": request.POST.get("why", ""),
        "cost_centre": request.POST.get("cost_centre", ""),
        "po_number": request.POST.get("po_number", ""),
        "once_key": once_key(request),
        "twice": "twice" in request.POST,
    }
    who: dict[str, Any] = {
        "actor": user_actor(inside.user, request),
        "organisation": inside.organisation,
        "look": look,
        "employees": found,
    }
    if "by_department" in request.POST:
        return department_looks.place_orders(**who, **terms)
    return [orders.place_order(**who, **terms)]


# Mail brings its styles inside it; scripts, forms and foreign pictures stay shut out.
@require_safe
@login_required
@xframe_options_sameorigin
@csp_replace(  # type: ignore[arg-type]  # it takes views with arguments as well
    {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "script-src": ["'none'"],
        "frame-ancestors": ["'self'"],
    }
)
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The invitation as people will get it: ?due=, ?why=, ?language=, ?employee= (else an
    example)."""
    inside = membership(request.user, slug, Role.ADMIN)
    wanted = identifiers([request.GET.get("employee", "")])
    person = staff(inside).filter(pk__in=wanted).first() or Employee(
        organisation=inside.organisation, first_name="Alex", last_name="Example"
    )
    due = _due(request.GET.get("due", "")) or _today(inside) + timedelta(days=DEFAULT_DAYS)
    language = request.GET.get("language", "")
    mail = notices.preview(
        order=Order(
            organisation=inside.organisation,
            due_at=clocks.end_of(due, organisation=inside.organisation),
            why=request.GET.get("why", "")[: orders.LONGEST_WHY],
        ),
        employee=person,
        language=language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
    )
    return HttpResponse(mail.html)
