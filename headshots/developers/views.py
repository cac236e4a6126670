"""What partners read: guides, the reference, events and problems. Open to everybody."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.webhooks import payloads
from accounts.webhooks.types import TYPES
from headshots.developers import guides, reference, wheel
from headshots.developers import problems as found


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Where to begin."""
    return _page(request, "developers/index.html", here="index", wheel=wheel.wheel())


@require_safe
def guide(request: HttpRequest, name: str) -> HttpResponse:
    """One of the guides."""
    if name not in guides.NAMES:
        raise Http404
    return _page(request, "developers/guide.html", here=name, guide=guides.guide(name))


@require_safe
def chapter(request: HttpRequest, name: str) -> HttpResponse:
    """The operations of one resource."""
    found = reference.chapters().get(name)
    if found is None:
        raise Http404
    return _page(request, "developers/reference.html", here=f"r-{name}", chapter=found)


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Every event and what it looks like."""
    told = [(each, json.dumps(payloads.example(each.name), indent=2)) for each in TYPES.values()]
    return _page(request, "developers/events.html", here="events", told=told)


@require_safe
def problems(request: HttpRequest, code: str = "") -> HttpResponse:
    """Every kind of problem; with a code, where its `type` leads."""
    kinds = found.kinds()
    if code and code not in kinds:
        raise Http404
    example = {
        "type": f"{settings.SITE_URL}/api/problems/credits_missing",
        "title": "Payment Required",
        "status": 402,
        "detail": "3 credits are missing. Buy credits or choose fewer people; nothing was held.",
        "code": "credits_missing",
        "field": None,
        "errors": [],
        "request_id": "9f2c1c8e5b7a4a52",
    }
    return _page(
        request,
        "developers/problems.html",
        here="problems",
        kinds=[kinds[code]] if code else kinds.values(),
        chosen=code,
        example=json.dumps(example, indent=2),
    )


@require_safe
def client(request: HttpRequest, name: str) -> HttpResponse:
    """The Python client, for pip to install from here."""
    made = wheel.wheel()
    if f"{name}.whl" != made.name:
        raise Http404
    return _file(made.data, made.name, "application/zip")


@require_safe
def example(request: HttpRequest) -> HttpResponse:
    """The worked example of the Python client."""
    return _file(wheel.EXAMPLE.read_bytes(), wheel.EXAMPLE.name, "text/x-python; charset=utf-8")


def _file(data: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    # Asked for anew each time, as the next release may have other bytes.
    response["Cache-Control"] = "no-cache"
    return response


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    context |= {"guides": guides.titles(), "chapters": reference.chapters().values()}
    return render(request, template, context)
