"""Automatic top-up: when, how much, and how much a month at most."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import membership
from accounts.actors import user_actor
from accounts.models import Role
from billing import ledger
from billing.payments import catalogue, top_ups
from billing.payments.client import is_on
from billing.views.stripe_pages import leads_to_stripe
from headshots.lib import numbers
from headshots.lib.problems import Problem


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@leads_to_stripe
def top_up(request: HttpRequest, slug: str) -> HttpResponse:
    """How it is set. ?stored=SESSION takes over the card that was just stored at Stripe."""
    inside = membership(request.user, slug, Role.ADMIN)
    actor = user_actor(inside.user, request)
    problem = None
    try:
        if request.method == "POST":
            top_ups.change(
                actor=actor,
                organisation=inside.organisation,
                on=request.POST.get("on") == "yes",
                below=_number(request, "below"),
                credits=_number(request, "credits"),
                cap_cents=100 * _number(request, "cap", most=1_000_000),
            )
            messages.success(request, _("Saved."))
            return redirect("top_up", slug=slug)
        if request.GET.get("stored"):
            top_ups.keep_card(
                actor=actor,
                organisation=inside.organisation,
                session_id=request.GET["stored"],
            )
            messages.success(request, _("The card is stored."))
            return redirect("top_up", slug=slug)
    except Problem as refused:
        problem = refused
    kept = top_ups.top_up_of(inside.organisation)
    posted = request.POST if request.method == "POST" else None
    return render(
        request,
        "billing/top_up.html",
        {
            "inside": inside,
            "kept": kept,
            "wanted": posted.get("on") == "yes" if posted else kept.on,
            "below": posted.get("below") if posted else kept.below,
            "credits": posted.get("credits") if posted else kept.credits,
            "cap": posted.get("cap") if posted else kept.cap_cents // 100,
            "each": catalogue.CREDITS.cents(kept.credits),
            "balance": ledger.balance(organisation=inside.organisation),
            "waits_until": top_ups.waits_until(kept),
            "spent": top_ups.spent_cents(inside.organisation),
            "on": is_on(),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


def _number(request: HttpRequest, name: str, most: int = catalogue.MOST) -> int:
    number = numbers.whole(request.POST.get(name, ""))
    if not 1 <= number <= most:
        raise Problem(
            _("Give a whole number between 1 and {most}.").format(most=numbers.grouped(most)),
            code="amount",
            field=name,
        )
    return number


@require_POST
@login_required
@leads_to_stripe
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """To Stripe's page that stores a card."""
    inside = membership(request.user, slug, Role.ADMIN)
    url, _session = top_ups.begin_card(organisation=inside.organisation)
    return HttpResponse(status=303, headers={"Location": url})
