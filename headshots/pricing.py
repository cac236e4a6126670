"""The public page of prices, with a calculator that works with and without JavaScript."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing import estimates, price_tables, prices
from billing.payments import catalogue
from headshots.lib.problems import Problem

USUAL = {"staff": "50", "pictures": "4", "hours": "24"}


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """Prices, and what a roster would cost. With ?staff= it is reckoned for that many."""
    asked = {name: request.GET.get(name, usual) for name, usual in USUAL.items()}
    found = problem = None
    try:
        found = estimates.estimate(
            staff=estimates.number(
                asked["staff"],
                name=_("the staff"),
                field="staff",
                least=1,
                most=estimates.MOST_STAFF,
            ),
            pictures=estimates.number(
                asked["pictures"],
                name=_("the pictures"),
                field="pictures",
                least=estimates.LEAST_PICTURES,
                most=estimates.MOST_PICTURES,
            ),
            hours=estimates.number(
                asked["hours"],
                name=_("the hours"),
                field="hours",
                least=1,
                most=estimates.MOST_HOURS,
            ),
        )
    except Problem as refused:
        problem = refused
    # Asked for by the calculator itself, its answer alone is sent.
    part = request.headers.get("HX-Target") == "estimate"
    tiers = catalogue.CREDITS.tiers
    response = render(
        request,
        "pricing_estimate.html" if part else "pricing.html",
        {
            **asked,
            "estimate": found,
            "problem": problem,
            "assumed": estimates.ASSUMED,
            "tiers": [
                {"from": 1 if n == 0 else (tiers[n - 1].up_to or 0) + 1, "tier": tier}
                for n, tier in enumerate(tiers)
            ],
            "plan": catalogue.PLAN,
            "invoice": catalogue.INVOICE,
            "most_credits": catalogue.MOST,
            "add_ons": prices.ADD_ONS,
            "table": price_tables.in_force(),
            "least_pictures": estimates.LEAST_PICTURES,
            "most_pictures": estimates.MOST_PICTURES,
        },
        # A part that says what is wrong has to be shown, so htmx is told that all is well.
        status=problem.status if problem and not part else 200,
    )
    response["Vary"] = "HX-Target"
    return response
