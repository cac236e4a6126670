"""A second factor beside the password: who has one, and leading there whoever needs one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import Organisation, Role, User

# Recovery codes are no factor of their own: they stand in for one that is lost.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SecondFactorNeeded(Exception):
    """A member of an organisation that requires a second factor has none."""

    def __init__(self, organisation: Organisation) -> None:
        super().__init__(organisation.slug)
        self.organisation = organisation


def has_second_factor(user: User) -> bool:
    """Whether the user has an authenticator app or a passkey; sign-in asks for it then."""
    return bool(having_second_factor([user]))


def having_second_factor(users: Iterable[User]) -> set[UUID]:
    """Which of the users have one, by their keys."""
    rows = Authenticator.objects.filter(user__in=users, type__in=FACTORS)
    return set(rows.values_list("user_id", flat=True))


def owner_has_second_factor(organisation: Organisation) -> bool:
    """Whether any owner has one."""
    owners = User.objects.filter(
        memberships__organisation=organisation, memberships__role=Role.OWNER
    )
    return bool(having_second_factor(owners))


class SecondFactorMiddleware:
    """Leads a member who needs a second factor to where it is set up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, SecondFactorNeeded):
            return None
        place = reverse("second_factor", args=[error.organisation.slug])
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": place})
        return redirect(place)
