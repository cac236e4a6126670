"""One page with every component in every state, for whoever builds pages of it."""

from __future__ import annotations

from types import SimpleNamespace

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from headshots.lib.problems import Problem

ICONS = (
    "home people look credit key log plus check back upload download camera alert info brush mail "
    "close clock globe grid"
)


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Open where this is a demonstration or being developed, and to whoever has an account."""
    if not (settings.DEMO or settings.DEBUG or request.user.is_authenticated):
        raise Http404
    person = SimpleNamespace(first_name="Mira", last_name="Okafor", email="mira@example.com")
    counts = dict.fromkeys(
        ("invited", "collecting", "queued", "training", "generating", "choosing", "approving"), 2
    ) | {"delivered": 6, "failed": 1, "cancelled": 0, "opted_out": 1, "withdrawn": 0}
    return render(
        request,
        "components_page.html",
        {
            "person": person,
            "counts": counts,
            "total": sum(counts.values()),
            "problem": Problem("This address is on the roster already.", field="wrong"),
            "pages": Paginator(range(120), 50).page(2),
            "tones": ("", "good", "warn", "bad", "info", "work"),
            "steps": [
                SimpleNamespace(state=state)
                for state in ("invited", "collecting", "training", "choosing", "delivered")
            ],
            "likenesses": [
                SimpleNamespace(
                    likeness_own=own, likeness_best_colleague=0.62, receipt={"flags": []}
                )
                for own in (0.31, 0.41, 0.52, 0.58, None)
            ],
            "pictures": ("good-light", "good-angles", "good-place", "bad-two", "bad-far"),
            "attires": ("navy suit", "white shirt", "black turtleneck"),
            "icons": ICONS.split(" "),
        },
    )
