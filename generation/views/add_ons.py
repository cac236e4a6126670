"""Add-ons: another look for people of an order, more pictures for one of them."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import membership
from accounts.actors import user_actor
from accounts.models import Role
from billing import ledger, prices
from generation import access
from generation.ordering import add_ons, another_look, orders
from generation.views.order_new import once_key, placed_before
from headshots.lib.problems import Problem


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def another(request: HttpRequest, slug: str, order_id: UUID) -> HttpResponse:
    """Another look for some of an order's people, from the photos that they gave."""
    inside = membership(request.user, slug, Role.ADMIN)
    order = access.order(inside, order_id)
    said = request.POST
    ticked = said.getlist("shoots")
    fitting = list(another_look.possible(order).select_related("employee", "release"))
    problem = None
    if request.method == "POST":
        try:
            chosen = {UUID(value) for value in ticked}
            made = another_look.place(
                actor=user_actor(inside.user, request),
                order=order,
                look=(look := access.look(inside, UUID(said.get("look", "")))),
                shoots=[shoot for shoot in fitting if shoot.pk in chosen],
                once_key=once_key(request),
            )
            messages.success(request, _("The other look is ordered and being made."))
            return redirect("order", slug=slug, order_id=made.pk)
        except ValueError:
            problem = Problem(_("Choose a look from the list."), code="choice", field="look")
        except Problem as refused:
            if again := placed_before(request, inside, refused):
                return again
            problem = refused
            if refused.code == another_look.UNDER_WAY:
                busy = another_look.under_way(order=order, look=look)
                free = [shoot.pk for shoot in fitting if shoot.employee_id not in busy]
                ticked = [str(pk) for pk in free if pk in chosen]
    balance = ledger.balance(organisation=inside.organisation)
    return render(
        request,
        "generation/another_look.html",
        {
            "inside": inside,
            "order": order,
            "looks": [look for look in access.looks(inside) if look.direction() != order.direction],
            "shoots": fitting,
            "everybody": request.method != "POST",
            "chosen": ticked,
            "look_id": said.get("look", ""),
            "once_key": once_key(request) or uuid4(),
            "add_on": prices.ANOTHER_LOOK,
            "free": balance.available - orders.credits_promised(organisation=inside.organisation),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


@require_POST
@login_required
def more_pictures(request: HttpRequest, slug: str, shoot_id: UUID) -> HttpResponse:
    """More pictures to choose from, for a credit."""
    inside = membership(request.user, slug, Role.ADMIN)
    found = access.shoot(inside, shoot_id)
    add_ons.more_pictures(actor=user_actor(inside.user, request), shoot=found)
    messages.success(request, _("More pictures are being made; those that are there stay."))
    return redirect("shoot", slug=slug, shoot_id=shoot_id)
