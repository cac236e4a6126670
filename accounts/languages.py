"""Which language somebody is spoken to in."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Employee, Invitation, User
from headshots.lib.problems import Problem

CODES = tuple(code for code, _ in settings.LANGUAGES)


def of_employee(employee: Employee, invitation: Invitation | None = None) -> str:
    """The language of mail to somebody: what they chose, what the roster says, else English."""
    return known_language(employee, invitation) or settings.LANGUAGE_CODE


def of_user(user: User | None) -> str:
    """The language of what a member reads later, English where nobody knows."""
    return (user.language if user else "") or settings.LANGUAGE_CODE


def known_language(employee: Employee, invitation: Invitation | None = None) -> str:
    """The same, empty where nobody has said: a page then follows the browser."""
    chosen = invitation.language if invitation is not None else ""
    return next((code for code in (chosen, employee.language) if code in CODES), "")


@transaction.atomic
def choose(*, invitation: Invitation, language: str) -> None:
    """The employee reads on in another language; mail follows.

    The roster keeps what the organisation said. Raises Problem for a language there is not.
    """
    if language not in CODES:
        raise Problem(_("This language is not offered."), code="language", field="language")
    invitation.language = language
    invitation.save(update_fields=["language"])


def remember(*, user: User, language: str, chosen: bool) -> None:
    """Keep what a member reads in, for the mail they get: what they chose, or else the language
    of the browser they first signed in with."""
    if language in CODES and (chosen or not user.language):
        user.language = language
        user.save(update_fields=["language"])
