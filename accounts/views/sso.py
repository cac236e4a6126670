"""Single sign-on: an owner's page for it, and the way in for members."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings as site
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access, pace
from accounts.access import Membership
from accounts.actors import user_actor
from accounts.membership.second_factor import has_second_factor
from accounts.models import IdentityProvider, Role
from accounts.sso import domains, providers
from headshots.lib.problems import Problem


@require_safe
@login_required
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Domains, provider, and whether it is required."""
    return _page(request, access.membership(request.user, slug, Role.OWNER))


def _page(
    request: HttpRequest, inside: Membership, problem: Problem | None = None, about: str = ""
) -> HttpResponse:
    provider = (
        IdentityProvider.objects.select_related("app")
        .filter(organisation=inside.organisation)
        .first()
    )
    said: dict[str, Any] = providers.shown(provider)
    if about == "provider":
        said |= {name: request.POST[name] for name in request.POST if name != "secret"}
    return render(
        request,
        "sso/settings.html",
        {
            "inside": inside,
            "claims": [
                (claim, domains.record_name(claim), domains.record_text(claim))
                for claim in inside.organisation.domains.all()
            ],
            "provider": provider,
            "said": said,
            **providers.addresses(inside.organisation, provider),
            "second_factor": has_second_factor(inside.user),
            "domain": request.POST.get("domain", "") if about == "domain" else "",
            "problem": problem,
            "about": about,
        },
        status=problem.status if problem else 200,
    )


@require_POST
@login_required
def add_domain(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that a domain is the organisation's."""
    inside = access.membership(request.user, slug, Role.OWNER)
    try:
        domains.claim(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            domain=request.POST.get("domain", ""),
        )
    except Problem as refused:
        return _page(request, inside, refused, about="domain")
    return redirect("sso_settings", slug=slug)


@require_POST
@login_required
def check_domain(request: HttpRequest, slug: str, claim_id: UUID) -> HttpResponse:
    """Look for the record."""
    inside = access.membership(request.user, slug, Role.OWNER)
    claim = access.domain_claim(inside, claim_id)
    pace.keep("domain-check", str(inside.organisation.pk), most=60, seconds=3600)
    try:
        domains.check(actor=user_actor(inside.user, request), claim=claim)
    except Problem as refused:
        return _page(request, inside, refused, about="domains")
    messages.success(request, _("{domain} is proved.").format(domain=claim.domain))
    return redirect("sso_settings", slug=slug)


@require_POST
@login_required
def remove_domain(request: HttpRequest, slug: str, claim_id: UUID) -> HttpResponse:
    """Give a domain up."""
    inside = access.membership(request.user, slug, Role.OWNER)
    try:
        domains.remove(
            actor=user_actor(inside.user, request), claim=access.domain_claim(inside, claim_id)
        )
    except Problem as refused:
        return _page(request, inside, refused, about="domains")
    return redirect("sso_settings", slug=slug)


@require_POST
@login_required
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Write what the provider is."""
    inside = access.membership(request.user, slug, Role.OWNER)
    try:
        providers.save(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            kind=request.POST.get("kind", ""),
            said={name: request.POST.get(name, "") for name in request.POST},
        )
    except Problem as refused:
        return _page(request, inside, refused, about="provider")
    messages.success(request, _("Saved. Test it now; until then nothing changes for members."))
    return redirect("sso_settings", slug=slug)


@require_POST
@login_required
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Forget the provider."""
    inside = access.membership(request.user, slug, Role.OWNER)
    providers.remove(actor=user_actor(inside.user, request), organisation=inside.organisation)
    messages.success(request, _("The provider is forgotten. Members sign in by themselves."))
    return redirect("sso_settings", slug=slug)


@require_POST
@login_required
def require(request: HttpRequest, slug: str) -> HttpResponse:
    """Let members in through the provider alone, or no longer."""
    inside = access.membership(request.user, slug, Role.OWNER)
    try:
        providers.require(
            actor=user_actor(inside.user, request),
            organisation=inside.organisation,
            required=request.POST.get("required") == "yes",
        )
    except Problem as refused:
        return _page(request, inside, refused, about="required")
    return redirect("sso_settings", slug=slug)


@require_POST
@login_required
def test(request: HttpRequest, slug: str) -> HttpResponse:
    """Go to the provider and back, without signing anybody in."""
    inside = access.membership(request.user, slug, Role.OWNER)
    provider = (
        IdentityProvider.objects.select_related("app")
        .filter(organisation=inside.organisation)
        .first()
    )
    if provider is None:
        return redirect("sso_settings", slug=slug)
    back = reverse("sso_settings", kwargs={"slug": slug})
    try:
        return _onward(request, provider, AuthProcess.REDIRECT, back)
    except Problem as refused:
        providers.note_test(provider=provider, email="", problem=refused.sentence)
        return redirect("sso_settings", slug=slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Type a work address; go on to the provider of its organisation."""
    problem = None
    email = request.POST.get("email") or request.GET.get("email", "")
    if request.method == "POST":
        pace.keep("sso-start", request.META.get("REMOTE_ADDR", ""), most=60, seconds=600)
        try:
            claim = domains.proved_for(email)
            provider = (
                IdentityProvider.objects.select_related("app")
                .filter(organisation=claim.organisation)
                .first()
                if claim
                else None
            )
            if provider is None:
                raise Problem(
                    _("No organisation has single sign-on for such addresses here."),
                    code="sso_unknown",
                    field="email",
                )
            return _onward(request, provider, AuthProcess.LOGIN, site.LOGIN_REDIRECT_URL)
        except Problem as refused:
            problem = refused
    return render(
        request,
        "sso/start.html",
        {"email": email, "problem": problem},
        status=problem.status if problem else 200,
    )


def _onward(
    request: HttpRequest, provider: IdentityProvider, process: str, back: str
) -> HttpResponse:
    """A page that goes on to the provider: a form may lead nowhere but here, a page may.

    Raises Problem where the provider does not answer as one.
    """
    try:
        found = get_adapter(request).get_provider(request, provider.app.provider_id)
        address = found.redirect(request, process=process, next_url=back)["Location"]
    except (requests.RequestException, OAuth2Error, KeyError, ValueError) as problem:
        raise Problem(
            _("The provider does not answer as one: {reason}").format(reason=str(problem)[:160]),
            code="sso_down",
            status=502,
        ) from problem
    return render(
        request, "sso/onward.html", {"address": address, "organisation": provider.organisation}
    )
