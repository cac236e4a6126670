"""An organisation's first page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import membership, staff
from billing import ledger
from generation import access, states
from generation.models import State
from generation.ordering import orders

PAGE = 50


@require_safe
@login_required
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Orders with how far they are, credits, the size of the roster, and what to do next."""
    inside = membership(request.user, slug)
    found = access.orders(inside).annotate(
        people=Count("shoots"),
        delivered=Count("shoots", filter=Q(shoots__state=State.DELIVERED)),
        approving=Count("shoots", filter=Q(shoots__state=State.APPROVING)),
        ended=Count("shoots", filter=Q(shoots__state__in=states.ENDED)),
    )
    page = Paginator(found.order_by("-created_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "generation/overview.html",
        {
            "inside": inside,
            "page": page,
            "balance": ledger.balance(organisation=inside.organisation),
            "promised": orders.credits_promised(organisation=inside.organisation),
            "employees": staff(inside).count(),
            "looks": access.looks(inside).count(),
        },
    )
