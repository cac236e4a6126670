"""Endpoints that hear of events."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access, clocks
from accounts.access import Membership
from accounts.actors import user_actor
from accounts.developers import sandbox
from accounts.models import Event, Role, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import deliveries, endpoints, events, log
from accounts.webhooks.types import CHOICES, TYPES
from headshots.lib import numbers
from headshots.lib.problems import Problem

PAGE = 25


@require_safe
@login_required
def webhooks(request: HttpRequest, slug: str) -> HttpResponse:
    """Every endpoint and how it does."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = log.with_counts(access.webhook_endpoints(inside))
    return render(request, "accounts/webhooks.html", {"inside": inside, "endpoints": found})


@require_http_methods(["GET", "POST"])
@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """A new endpoint; its secret is shown at once."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    if request.method != "POST":
        return _form(request, inside)
    actor = user_actor(inside.user, request)
    try:
        organisation = inside.organisation
        if request.POST.get("world") == "sandbox":
            organisation = sandbox.open_sandbox(actor=actor, organisation=organisation)
        endpoint, secret = endpoints.add(
            actor=actor,
            organisation=organisation,
            url=request.POST.get("url", ""),
            types=_types(request),
            description=request.POST.get("description", ""),
        )
    except Problem as refused:
        return _form(request, inside, problem=refused)
    return _endpoint(request, inside, endpoint, secret=secret, fresh=True)


@require_safe
@login_required
def endpoint(request: HttpRequest, slug: str, endpoint_id: UUID) -> HttpResponse:
    """One endpoint and what was sent to it."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    return _endpoint(request, inside, access.webhook_endpoint(inside, endpoint_id))


@require_http_methods(["GET", "POST"])
@login_required
def change(request: HttpRequest, slug: str, endpoint_id: UUID) -> HttpResponse:
    """Another address, other events."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.webhook_endpoint(inside, endpoint_id)
    if request.method != "POST":
        return _form(request, inside, found)
    try:
        endpoints.change(
            actor=user_actor(inside.user, request),
            endpoint=found,
            url=request.POST.get("url", ""),
            types=_types(request),
            description=request.POST.get("description", ""),
        )
    except Problem as refused:
        return _form(request, inside, found, problem=refused)
    messages.success(request, _("Saved."))
    return redirect("webhook_endpoint", slug=slug, endpoint_id=endpoint_id)


@require_POST
@login_required
def send_test(request: HttpRequest, slug: str, endpoint_id: UUID) -> HttpResponse:
    """Send an event that says nothing, and show what becomes of it."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.webhook_endpoint(inside, endpoint_id)
    try:
        delivery = endpoints.send_test(actor=user_actor(inside.user, request), endpoint=found)
    except Problem as refused:
        return _endpoint(request, inside, found, problem=refused)
    return redirect("webhook_delivery", slug=slug, endpoint_id=endpoint_id, delivery_id=delivery.pk)


@require_POST
@login_required
def secret(request: HttpRequest, slug: str, endpoint_id: UUID) -> HttpResponse:
    """Show the secret."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.webhook_endpoint(inside, endpoint_id)
    try:
        shown = endpoints.reveal(actor=user_actor(inside.user, request), endpoint=found)
    except Problem as refused:
        return _endpoint(request, inside, found, problem=refused)
    return _endpoint(request, inside, found, secret=shown)


@require_POST
@login_required
def rotate(request: HttpRequest, slug: str, endpoint_id: UUID) -> HttpResponse:
    """Make a new secret and show it."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.webhook_endpoint(inside, endpoint_id)
    try:
        shown = endpoints.rotate(
            actor=user_actor(inside.user, request), endpoint=found, overlap=_overlap(request)
        )
    except Problem as refused:
        return _endpoint(request, inside, found, problem=refused)
    return _endpoint(request, inside, found, secret=shown)


@require_POST
@login_required
def switch(request: HttpRequest, slug: str, endpoint_id: UUID) -> HttpResponse:
    """Off, or on again."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.webhook_endpoint(inside, endpoint_id)
    actor = user_actor(inside.user, request)
    if request.POST.get("on") == "yes":
        left = endpoints.enable(actor=actor, endpoint=found)
        messages.success(request, _switched_on(left, inside))
    else:
        endpoints.disable(actor=actor, endpoint=found)
        messages.success(request, _("The endpoint is off. What happens meanwhile waits."))
    return redirect("webhook_endpoint", slug=slug, endpoint_id=endpoint_id)


@require_POST
@login_required
def remove(request: HttpRequest, slug: str, endpoint_id: UUID) -> HttpResponse:
    """Forget an endpoint."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.webhook_endpoint(inside, endpoint_id)
    endpoints.remove(actor=user_actor(inside.user, request), endpoint=found)
    messages.success(request, _("The endpoint is deleted."))
    return redirect("webhooks", slug=slug)


@require_POST
@login_required
def replay_since(request: HttpRequest, slug: str, endpoint_id: UUID) -> HttpResponse:
    """Send again what happened since a moment, or between two."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.webhook_endpoint(inside, endpoint_id)
    try:
        since = _moment(request, inside, "since")
        if since is None:
            raise Problem(_("Say since when."), code="since", field="since")
        until = _moment(request, inside, "until")
        if until is None and request.POST.get("until", "").strip():
            raise Problem(
                _("This is no date and time. Leave it out for “until now”."),
                code="until",
                field="until",
            )
        count = deliveries.replay_since(
            actor=user_actor(inside.user, request),
            endpoint=found,
            since=since,
            until=until,
            all_of_them=request.POST.get("which") == "all",
        )
    except Problem as refused:
        return _endpoint(request, inside, found, problem=refused)
    messages.success(
        request,
        ngettext("%(n)d event is on its way.", "%(n)d events are on their way.", count)
        % {"n": count},
    )
    return redirect("webhook_endpoint", slug=slug, endpoint_id=endpoint_id)


@require_safe
@login_required
def delivery(request: HttpRequest, slug: str, endpoint_id: UUID, delivery_id: UUID) -> HttpResponse:
    """What was sent, what was answered, each time."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    return _delivery(request, inside, access.webhook_delivery(inside, delivery_id, endpoint_id))


@require_POST
@login_required
def replay(request: HttpRequest, slug: str, endpoint_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send one event again."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.webhook_delivery(inside, delivery_id, endpoint_id)
    try:
        deliveries.replay(actor=user_actor(inside.user, request), delivery=found)
    except Problem as refused:
        return _delivery(request, inside, found, refused)
    return redirect("webhook_delivery", slug=slug, endpoint_id=endpoint_id, delivery_id=delivery_id)


def _switched_on(left: Event | None, inside: Membership) -> str:
    if left is None:
        return _("The endpoint is on. What waited is being sent.")
    when = left.created_at.astimezone(clocks.at_home(inside.organisation))
    return _(
        "The endpoint is on, and the first {most} events that waited are being sent. Send the rest "
        "again below, since {when}."
    ).format(
        most=numbers.grouped(events.MOST_AT_ONCE),
        when=formats.date_format(when, "SHORT_DATETIME_FORMAT"),
    )


def _overlap(request: HttpRequest) -> timedelta:
    """How long the secret before a new one shall go on signing, given in hours; what is no such
    number is far too long."""
    hours = request.POST.get("overlap_hours", "24")
    fits = hours.isascii() and hours.isdigit() and len(hours) < 5
    return timedelta(hours=int(hours)) if fits else timedelta.max


def _moment(request: HttpRequest, inside: Membership, name: str) -> datetime | None:
    """The moment that a field says by the clock of the organisation; None where it says none."""
    try:
        found = parse_datetime(request.POST.get(name, ""))
    except ValueError:
        return None
    if found is not None and timezone.is_naive(found):
        return timezone.make_aware(found, clocks.at_home(inside.organisation))
    return found


def _types(request: HttpRequest) -> list[str]:
    if request.POST.get("which") != "some":
        return []
    chosen = request.POST.getlist("types")
    if not chosen:
        raise Problem(_("Choose at least one event."), code="types", field="types")
    return chosen


def _form(
    request: HttpRequest,
    inside: Membership,
    endpoint: WebhookEndpoint | None = None,
    problem: Problem | None = None,
) -> HttpResponse:
    posted = request.method == "POST"
    chosen = request.POST.getlist("types") if posted else (endpoint.types if endpoint else [])
    return render(
        request,
        "accounts/webhook_form.html",
        {
            "inside": inside,
            "endpoint": endpoint,
            "url": request.POST.get("url") if posted else endpoint and endpoint.url,
            "description": (
                request.POST.get("description") if posted else endpoint and endpoint.description
            ),
            "chosen": chosen,
            "world": request.POST.get("world"),
            "some": request.POST.get("which") == "some" if posted else bool(chosen),
            "groups": [(name, [*types]) for name, types in groupby(CHOICES, lambda t: t.group)],
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


def _endpoint(
    request: HttpRequest,
    inside: Membership,
    endpoint: WebhookEndpoint,
    *,
    problem: Problem | None = None,
    secret: str = "",
    fresh: bool = False,
) -> HttpResponse:
    endpoint.refresh_from_db()
    wanted = log.Filter.read(request.GET.dict())
    sent = access.webhook_deliveries(inside).filter(endpoint=endpoint)
    found = log.search(sent.order_by("-created_at", "-pk"), wanted)
    response = render(
        request,
        "accounts/webhook_endpoint.html",
        {
            "inside": inside,
            "endpoint": endpoint,
            "secret": secret,
            "fresh": fresh,
            "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
            "wanted": wanted,
            "words": wanted.words(),
            "kept": urlencode(wanted.words()),
            "states": WebhookDelivery.State,
            "types": [*TYPES],
            "kept_days": deliveries.KEPT.days,
            "problem": problem,
            "again": request.POST if problem else {},
        },
        status=problem.status if problem else 200,
    )
    if secret:
        response["Cache-Control"] = "private, no-store"
    return response


def _delivery(
    request: HttpRequest,
    inside: Membership,
    found: WebhookDelivery,
    problem: Problem | None = None,
) -> HttpResponse:
    return render(
        request,
        "accounts/webhook_delivery.html",
        {
            "inside": inside,
            "endpoint": found.endpoint,
            "delivery": found,
            "type": TYPES[found.event.type],
            "payload": log.readable(found.event.payload),
            "attempts": found.attempts.all()[:50],
            "schedule": len(deliveries.PAUSES) + 1,
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )
