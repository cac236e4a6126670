"""Bringing more people into an order that is under way."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import Membership, membership, staff
from accounts.actors import user_actor
from accounts.models import Employee, Role
from accounts.staff.roster_people import Filter, offered, search
from billing import ledger, prices
from generation import access
from generation.models import Order
from generation.ordering import budgets_used, orders
from generation.views.order_new import identified, people_found
from headshots.lib.problems import Problem


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Choose among those who are not in the order yet, and invite them. With ?page= the list of
    people alone; with ?all= the identifiers of everybody whom the filter finds."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    others = _others(inside, order)
    problem = None
    chosen: set[UUID] = set()
    if request.method == "POST":
        chosen = identified(request)
        try:
            added = orders.add_people(
                actor=user_actor(inside.user, request),
                order=order,
                employees=list(staff(inside).filter(pk__in=chosen)),
            )
            if added:
                said = ngettext(
                    "{n} person is in the order now; the invitation is on its way.",
                    "{n} people are in the order now; invitations are on their way.",
                    len(added),
                )
                messages.success(request, said.format(n=len(added)))
            else:
                messages.info(request, _("They are in the order already; nobody was added."))
            return redirect("order", slug=slug, order_id=order_id)
        except Problem as refused:
            problem = refused
    elif request.GET.get("all"):
        found = search(others, Filter.read(request.GET)).order_by()
        return JsonResponse({"employees": [pk.hex for pk in found.values_list("pk", flat=True)]})
    listed = people_found(request, inside, others, chosen)
    if "page" in request.GET:
        return render(request, "generation/order_people.html", listed)
    balance = ledger.balance(organisation=inside.organisation)
    context = {
        **listed,
        "order": order,
        "offered": offered(others),
        "languages": settings.LANGUAGES,
        "ended_early": orders.ended_early(order=order, people=staff(inside)).count(),
        "chosen_words": ",".join(sorted(pk.hex for pk in chosen)),
        "free": balance.available - orders.credits_promised(organisation=inside.organisation),
        "each": prices.credits_a_shoot(more_pictures=order.more_pictures),
        "uses": budgets_used.of_organisation(inside.organisation),
        "problem": problem,
    }
    return render(
        request, "generation/add_people.html", context, status=problem.status if problem else 200
    )


def _others(inside: Membership, order: Order) -> QuerySet[Employee]:
    return staff(inside).exclude(shoots__order=order)
