"""The employees' way in a frame of a partner's page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.consent import invitations
from accounts.developers import embedding

View = Callable[..., HttpResponseBase]


@require_safe
@never_cache
def enter(request: HttpRequest, signed: str) -> HttpResponse:
    """From a signed link into the employee's own way."""
    invitation = embedding.open_link(signed=signed)
    return redirect("employee:start", invitations.token(invitation=invitation))


def framed(view: View) -> View:
    """Let the origin of this employee's partner, and no other, show the page in a frame."""

    @csrf_exempt
    @wraps(view)
    def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        # SECURITY: no cookie says who acts here, the secret in the address does, which no other
        # page knows; and in a frame the cookie of the check would not arrive.
        response = view(request, *arguments, **named)
        origin = getattr(request, "framed_by", "")
        if origin:
            response.xframe_options_exempt = True  # type: ignore[attr-defined]
            response._csp_replace = {"frame-ancestors": [origin]}  # type: ignore[attr-defined]
        return response

    return shown
