"""Mail about an account: signing up, passwords, second factors; under its organisation's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from accounts import languages
from accounts.mail import letters
from accounts.mail.letters import Letter
from accounts.models import Member, MemberInvitation, Organisation, User


class Kind(NamedTuple):
    """A template of emails/, a subject, and what allauth calls the link in it; without one it
    leads to its reader's account."""

    template: str
    subject: str
    link: str = ""

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for it before they can go on."""
        return self.template != "account_notice"


_CODE = Kind("account_code", gettext_noop("Your code for Headshots"))


def _notice(subject: str) -> Kind:
    return Kind("account_notice", subject)


# By the names that allauth has for them.
KINDS = {
    "account/email/email_confirmation": _CODE,
    "account/email/email_confirmation_signup": _CODE,
    "account/email/password_reset_key": Kind(
        "new_password", gettext_noop("A new password for Headshots"), "password_reset_url"
    ),
    "account/email/unknown_account": Kind(
        "unknown_account", gettext_noop("No account at Headshots has this address"), "signup_url"
    ),
    "account/email/account_already_exists": Kind(
        "account_exists",
        gettext_noop("You have an account at Headshots already"),
        "password_reset_url",
    ),
    "account/email/password_changed": _notice(gettext_noop("Your password was changed")),
    "account/email/password_reset": _notice(gettext_noop("You have a new password")),
    "account/email/password_set": _notice(gettext_noop("A password was set for your account")),
    "account/email/email_changed": _notice(gettext_noop("Your e-mail address was changed")),
    "account/email/email_deleted": _notice(
        gettext_noop("An e-mail address was removed from your account")
    ),
    "mfa/email/totp_activated": _notice(
        gettext_noop("An authenticator app was added to your account")
    ),
    "mfa/email/totp_deactivated": _notice(
        gettext_noop("The authenticator app was removed from your account")
    ),
    "mfa/email/recovery_codes_generated": _notice(
        gettext_noop("New recovery codes were made for your account")
    ),
    "mfa/email/webauthn_added": _notice(gettext_noop("A passkey was added to your account")),
    "mfa/email/webauthn_removed": _notice(gettext_noop("A passkey was removed from your account")),
    "socialaccount/email/account_connected": _notice(
        gettext_noop("Your account was linked with an identity provider")
    ),
    "socialaccount/email/account_disconnected": _notice(
        gettext_noop("Your account is no longer linked with an identity provider")
    ),
}


def letter(*, name: str, email: str, context: Mapping[str, object]) -> Letter:
    """The mail that allauth calls `name`, in HTML and text, in the language its reader has chosen,
    else in the one that is active."""
    kind = KINDS[name]
    user = context.get("user")
    reader = user if isinstance(user, User) else User.objects.filter(email__iexact=email).first()
    spoken = reader.language if reader and reader.language in languages.CODES else ""
    with translation.override(spoken or translation.get_language()):
        subject, organisation = gettext(kind.subject), organisation_of(email, reader)
        return letters.letter(
            organisation=organisation,
            template=kind.template,
            subject=subject,
            context={
                **context,
                "organisation": organisation,
                "heading": subject,
                "link": context.get(kind.link) or f"{settings.SITE_URL}{reverse('mfa_index')}",
            },
            to=[email],
        )


def organisation_of(email: str, user: User | None) -> Organisation | None:
    """The one organisation that a user is a member of, or else an address is invited to; None where
    there is none or more than one."""
    memberships = Member.objects.filter(user=user, organisation__closed_at=None)
    found = [member.organisation for member in memberships.select_related("organisation")[:2]]
    if not found:
        invitations = MemberInvitation.objects.filter(
            email__iexact=email,
            accepted_at=None,
            revoked_at=None,
            expires_at__gt=timezone.now(),
            organisation__closed_at=None,
        ).select_related("organisation")
        found = [invitation.organisation for invitation in invitations[:2]]
    return found[0] if len(found) == 1 else None
