"""The pages about credits."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import membership
from billing import access, ledger


@require_safe
@login_required
def credits(request: HttpRequest, slug: str) -> HttpResponse:
    """The balance, and every change of it."""
    inside = membership(request.user, slug)
    page = Paginator(access.entries(inside), 50).get_page(request.GET.get("page"))
    return render(
        request,
        "billing/credits.html",
        {
            "inside": inside,
            "balance": ledger.balance(organisation=inside.organisation),
            "page": page,
        },
    )
