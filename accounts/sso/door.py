"""At an organisation's door: whether this session came through its provider."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError

from accounts.membership.second_factor import has_second_factor
from accounts.models import IdentityProvider, Member, Organisation, Role, User
from accounts.sso import providers


class ProviderNeeded(Exception):
    """An organisation lets members in through its provider alone."""

    def __init__(self, organisation: Organisation) -> None:
        super().__init__(organisation.slug)
        self.organisation = organisation


def check(*, member: Member, came_by: frozenset[str]) -> None:
    """Raises ProviderNeeded where the organisation requires its provider and the session came
    otherwise; owners with a second factor may. Asks nothing of the database where the member was
    read with `organisation__identity_provider__app`."""
    provider: IdentityProvider | None = getattr(member.organisation, "identity_provider", None)
    if provider is None or not provider.required or provider.app.provider_id in came_by:
        return
    if member.role == Role.OWNER and has_second_factor(member.user):
        return
    raise ProviderNeeded(member.organisation)


class ProviderMiddleware:
    """Tells a user's object how its session was signed in, and leads to the provider."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def known() -> object:
            user = get_user(request)
            if isinstance(user, User):
                user.came_by = providers.came_by(request, user)
            return user

        request.user = SimpleLazyObject(known)  # type: ignore[assignment]
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OneLogin_Saml2_ValidationError):
            # Signed by the provider, and yet not what SAML allows; allauth lets it through to us.
            sentence = _("Your provider’s answer is not what it must be. Ask an owner.")
            return render(request, "sso/refused.html", {"sentence": sentence}, status=403)
        if not isinstance(error, ProviderNeeded):
            return None
        context = {"organisation": error.organisation, "email": getattr(request.user, "email", "")}
        return render(request, "sso/needed.html", context, status=403)
