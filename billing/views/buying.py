"""Buying credits by card or bank debit."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Membership, membership
from accounts.actors import user_actor
from accounts.models import Role
from billing import access, ledger
from billing.models import Purchase
from billing.payments import catalogue, news, plans, purchases
from billing.payments.client import is_on
from billing.views.stripe_pages import leads_to_stripe
from headshots.lib.problems import Problem

WAITING = [Purchase.State.OPEN, Purchase.State.SETTLING]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@leads_to_stripe
def buy(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a pack or a number of credits, and go on to Stripe's checkout."""
    inside = membership(request.user, slug, Role.ADMIN)
    problem = None
    if request.method == "POST":
        try:
            credits = catalogue.credits_asked(
                pack=request.POST.get("pack", ""), credits=request.POST.get("credits", "")
            )
            purchase = purchases.begin(
                actor=user_actor(inside.user, request),
                organisation=inside.organisation,
                credits=credits,
                once=True,
            )
            return _lead_on(purchase)
        except Problem as refused:
            problem = refused
    return render(
        request,
        "billing/buy.html",
        {
            "inside": inside,
            "balance": ledger.balance(organisation=inside.organisation),
            "packs": [(pack, catalogue.CREDITS.cents(pack.credits)) for pack in catalogue.PACKS],
            "tiers": _tiers(),
            "most": catalogue.MOST,
            "chosen": request.POST.get("pack") or "team",
            "credits": request.POST.get("credits", ""),
            "waiting": _waiting(inside),
            "on": is_on(),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


def _tiers() -> list[dict[str, int | None]]:
    """From how many credits on each costs how much."""
    least, rows = 1, []
    for tier in catalogue.CREDITS.tiers:
        rows.append({"least": least, "up_to": tier.up_to, "cents": tier.cents})
        least = (tier.up_to or 0) + 1
    return rows


def _waiting(inside: Membership) -> list[Purchase]:
    return list(access.purchases(inside).filter(state__in=WAITING)[:20])


def _lead_on(purchase: Purchase) -> HttpResponse:
    checkout = purchases.go_on(purchase=purchase)
    if checkout.url is None:
        slug = purchase.organisation.slug
        return redirect("bought", slug=slug, purchase_id=purchase.pk)
    return HttpResponse(status=303, headers={"Location": checkout.url})


@require_POST
@login_required
@leads_to_stripe
def go_on(request: HttpRequest, slug: str, purchase_id: UUID) -> HttpResponse:
    """Go on with a purchase that was begun."""
    inside = membership(request.user, slug, Role.ADMIN)
    return _lead_on(access.purchase(inside, purchase_id))


@require_POST
@login_required
def drop(request: HttpRequest, slug: str, purchase_id: UUID) -> HttpResponse:
    """Give up a purchase that was begun."""
    inside = membership(request.user, slug, Role.ADMIN)
    purchases.drop(
        actor=user_actor(inside.user, request), purchase=access.purchase(inside, purchase_id)
    )
    messages.success(request, _("The purchase is dropped. Nothing was charged."))
    return redirect("credits_buy", slug=slug)


@require_safe
@login_required
@leads_to_stripe
def bought(request: HttpRequest, slug: str, purchase_id: UUID) -> HttpResponse:
    """Back from the checkout: what became of it. While it is on its way, the page looks again."""
    inside = membership(request.user, slug, Role.ADMIN)
    purchase = access.purchase(inside, purchase_id)
    problem = None
    if not request.headers.get("HX-Request"):
        try:
            back = plans if purchase.kind == Purchase.Kind.PLAN else purchases
            purchase = back.came_back(purchase=purchase)
        except Problem as away:
            problem = away
            if purchase.session_id:
                news.heard(source_id=purchase.session_id)
    # The cluster reads at Stripe what could not be read here.
    unread = purchase.state == Purchase.State.OPEN and (
        problem is not None or news.waits(source_id=purchase.session_id or "")
    )
    return render(
        request,
        "billing/bought.html",
        {
            "inside": inside,
            "purchase": purchase,
            "balance": ledger.balance(organisation=inside.organisation),
            "problem": problem,
            "unread": unread,
            "looking": purchase.state == Purchase.State.SETTLING or unread,
        },
    )
