"""What the pages have in common whose forms lead to Stripe's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse

from billing.payments.client import pages

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def leads_to_stripe(view: View[P]) -> View[P]:
    """Let this page's forms end at Stripe's checkout and portal, which a policy of ours for all
    other pages forbids."""

    @wraps(view)
    def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with_pages: View[P] = csp_update({"form-action": pages()})(view)  # type: ignore[assignment]
        return with_pages(request, *args, **kwargs)

    return opened
