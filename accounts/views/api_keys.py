"""Keys of the API, partners that act for the organisation, and who may frame its pages."""

from __future__ import annotations

from datetime import MAXYEAR, UTC, datetime, time
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access, clocks
from accounts.access import Membership
from accounts.actors import user_actor
from accounts.developers import api_keys, overlap, partners, scopes
from accounts.membership import organisations
from accounts.models import ApiKey, Role
from headshots.lib.api.views import VERSION
from headshots.lib.problems import Problem


@require_safe
@login_required
def keys(request: HttpRequest, slug: str) -> HttpResponse:
    """Every key, and the partners that may act."""
    return _page(request, access.membership(request.user, slug, Role.ADMIN))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new key; its secret is shown at once and never again."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    if request.method != "POST":
        return _form(request, inside, None)
    try:
        made = api_keys.make_key(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation.sandbox_of or inside.organisation,
            version=VERSION,
            test=request.POST.get("world") == "test",
            name=request.POST.get("name", ""),
            wanted=request.POST.getlist("scopes"),
            networks=request.POST.get("networks", "").split(),
            expires_at=_end(request, inside),
        )
    except Problem as refused:
        return _form(request, inside, None, refused)
    return _shown_once(request, inside, made)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def key(request: HttpRequest, slug: str, key_id: UUID) -> HttpResponse:
    """What a key may; change it."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.any_api_key(inside, key_id)
    if request.method != "POST":
        return _form(request, inside, found)
    try:
        api_keys.change_key(
            actor=user_actor(inside.user, request),
            key=found,
            name=request.POST.get("name", ""),
            wanted=request.POST.getlist("scopes"),
            networks=request.POST.get("networks", "").split(),
            expires_at=_end(request, inside),
        )
    except Problem as refused:
        return _form(request, inside, found, refused)
    messages.success(request, _("The key is changed."))
    return redirect("api_keys", slug=slug)


@require_POST
@login_required
@never_cache
def rotate(request: HttpRequest, slug: str, key_id: UUID) -> HttpResponse:
    """Another secret; the one before counts for a day."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    made = api_keys.rotate_key(
        actor=user_actor(inside.user, request),
        key=access.any_api_key(inside, key_id),
        overlap=overlap.USUAL,
    )
    return _shown_once(request, inside, made)


@require_POST
@login_required
def revoke(request: HttpRequest, slug: str, key_id: UUID) -> HttpResponse:
    """Shut it out."""
    inside = access.membership(request.user, slug, Role.ADMIN)
    found = access.any_api_key(inside, key_id)
    api_keys.revoke_key(actor=user_actor(inside.user, request), key=found)
    messages.success(request, _("“%s” is revoked.") % found.name)
    return redirect("api_keys", slug=slug)


@require_POST
@login_required
def grant(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a partner act."""
    inside = access.membership(request.user, slug, Role.OWNER)
    try:
        made = partners.grant(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            partner_id=request.POST.get("partner", ""),
            wanted=request.POST.getlist("scopes"),
        )
    except Problem as refused:
        return _page(request, inside, refused, "partner")
    messages.success(request, _("%s may act for you now.") % made.partner.name)
    return redirect("api_keys", slug=slug)


@require_POST
@login_required
def withdraw(request: HttpRequest, slug: str, grant_id: UUID) -> HttpResponse:
    """Shut a partner out."""
    inside = access.membership(request.user, slug, Role.OWNER)
    found = access.partner_grant(inside, grant_id)
    partners.withdraw(actor=user_actor(inside.user, request), grant=found)
    messages.success(request, _("%s can do nothing here any more.") % found.partner.name)
    return redirect("api_keys", slug=slug)


@require_POST
@login_required
def framing(request: HttpRequest, slug: str) -> HttpResponse:
    """Whose pages may show the employees' way."""
    inside = access.membership(request.user, slug, Role.OWNER)
    try:
        organisations.allow_framing(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            origins=request.POST.get("embed_origins", "").split(),
        )
    except Problem as refused:
        return _page(request, inside, refused, "framing")
    messages.success(request, _("Saved."))
    return redirect("api_keys", slug=slug)


def _end(request: HttpRequest, inside: Membership) -> datetime | None:
    """The end of the day that was given, if one was, by the organisation's clock."""
    text = request.POST.get("expires", "").strip()
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    # Elsewhere the next year may have begun, and after the last there is none.
    if day is None or day.year == MAXYEAR:
        raise Problem(_("Give the last day as a day."), code="day", field="expires")
    return datetime.combine(day, time(23, 59, 59), clocks.at_home(inside.organisation))


def _page(
    request: HttpRequest, inside: Membership, problem: Problem | None = None, about: str = ""
) -> HttpResponse:
    return render(
        request,
        "accounts/api_keys.html",
        {
            "inside": inside,
            "keys": access.any_api_keys(inside),
            "grants": access.partner_grants(inside),
            "customers": access.customers(inside),
            "owner": inside.role == Role.OWNER,
            "resources": scopes.table(withheld=("keys",)),
            "posted": request.POST if problem else {},
            "chosen": request.POST.getlist("scopes"),
            "origins": request.POST.get("embed_origins", "")
            if about == "framing"
            else "\n".join(inside.organisation.embed_origins),
            "problem": problem,
            "about": about,
        },
        status=problem.status if problem else 200,
    )


def _form(
    request: HttpRequest, inside: Membership, found: ApiKey | None, problem: Problem | None = None
) -> HttpResponse:
    said = request.POST if request.method == "POST" else {}
    known_end = ""
    if found and found.expires_at:
        shown = min(found.expires_at, datetime(MAXYEAR, 1, 1, tzinfo=UTC))
        known_end = clocks.day_of(shown, organisation=inside.organisation).isoformat()
    return render(
        request,
        "accounts/api_key.html",
        {
            "inside": inside,
            "key": found,
            "resources": scopes.table(),
            "chosen": request.POST.getlist("scopes")
            if request.method == "POST"
            else found.scopes
            if found
            else [],
            "name": said.get("name", found.name if found else ""),
            "world": said.get("world", request.GET.get("world", "live")),
            "networks": said.get("networks", "\n".join(found.networks) if found else ""),
            "expires": said.get("expires", known_end),
            "problem": problem,
        },
        status=problem.status if problem else 200,
    )


def _shown_once(request: HttpRequest, inside: Membership, made: api_keys.NewKey) -> HttpResponse:
    return render(
        request,
        "accounts/api_key_secret.html",
        {"inside": inside, "key": made.key, "secret": made.secret},
    )
