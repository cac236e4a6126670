"""The monthly plan, and the way into Stripe's portal."""

from __future__ import annotations

from contextlib import suppress

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Membership, membership
from accounts.actors import user_actor
from accounts.models import Role
from billing.payments import catalogue, plans, purchases, subscriptions
from billing.payments.client import is_on
from billing.views.stripe_pages import leads_to_stripe
from headshots.lib.problems import Problem


@require_safe
@login_required
@leads_to_stripe
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The plan: what it gives, or how it stands. ?fresh=1 reads it at Stripe first."""
    inside = membership(request.user, slug, Role.ADMIN)
    if request.GET.get("fresh") and is_on():
        # Stripe away: what it last told us is shown, and it tells us again by itself.
        with suppress(Problem):
            subscriptions.refresh(inside.organisation)
    return _page(request, inside)


def _page(request: HttpRequest, inside: Membership, problem: Problem | None = None) -> HttpResponse:
    return render(
        request,
        "billing/plan.html",
        {
            "inside": inside,
            "plan": catalogue.PLAN,
            "state": subscriptions.plan_of(inside.organisation),
            "most": plans.MOST_UNITS,
            "units": request.POST.get("units", "1"),
            "on": is_on(),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


@require_POST
@login_required
@leads_to_stripe
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin the plan: to Stripe's checkout."""
    inside = membership(request.user, slug, Role.ADMIN)
    try:
        purchase = plans.begin(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            units=catalogue.whole_number(
                request.POST.get("units", ""), field="units", least=1, most=plans.MOST_UNITS
            ),
        )
        checkout = purchases.go_on(purchase=purchase)
    except Problem as refused:
        return _page(request, inside, refused)
    if checkout.url is None:
        return redirect("bought", slug=slug, purchase_id=purchase.pk)
    return HttpResponse(status=303, headers={"Location": checkout.url})


@require_POST
@login_required
@leads_to_stripe
def portal(request: HttpRequest, slug: str) -> HttpResponse:
    """To Stripe's portal."""
    inside = membership(request.user, slug, Role.ADMIN)
    try:
        url = plans.portal_url(organisation=inside.organisation)
    except Problem as refused:
        return _page(request, inside, refused)
    return HttpResponse(status=303, headers={"Location": url})
