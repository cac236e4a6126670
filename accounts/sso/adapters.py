"""What allauth asks of us when somebody signs in, through a provider or otherwise.

SECURITY: a provider is believed about addresses of domains that its organisation has proved, and
about nothing else. Whoever it names must be a member or invited already; nobody is let in, made or
linked otherwise.
"""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor, user_actor
from accounts.mail import account_letters, account_mail
from accounts.mail.again import for_good
from accounts.membership import member_invitations
from accounts.membership.second_factor import has_second_factor
from accounts.models import IdentityProvider, Member, MemberInvitation, Role, User
from accounts.sso import domains, providers
from headshots.lib import safe_requests
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Refuses other ways in where an organisation requires its provider; mail that the server
    does not take is tried again, and whoever waits for it is told."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        message = account_letters.letter(name=template_prefix, email=email, context=context)
        try:
            message.send()
            return
        except OSError as error:
            log.exception("account_mail_failed", template=template_prefix)
            if for_good(error):
                said = _(
                    "The mail server refuses this address. Look whether it is written rightly."
                )
            else:
                account_mail.try_later(message)
                said = _("The mail server did not take it. It is tried again every five minutes.")
        if account_letters.KINDS[template_prefix].awaited:
            messages.warning(allauth_context.request, said)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        super().send_notification_mail(
            template_prefix, user, {**(context or {}), "user": user}, email
        )

    def pre_login(
        self, request: HttpRequest, user: User, *, signal_kwargs: Any, **more: Any
    ) -> HttpResponse | None:
        answer: HttpResponse | None = super().pre_login(
            request, user, signal_kwargs=signal_kwargs, **more
        )
        if answer is not None or "sociallogin" in (signal_kwargs or {}):
            return answer
        claim = domains.proved_for(user.email)
        member = (
            Member.objects.select_related("organisation__identity_provider__app")
            .filter(
                user=user,
                organisation=claim.organisation,
                organisation__identity_provider__required=True,
            )
            .first()
            if claim
            else None
        )
        if member is None:
            return None
        if member.role == Role.OWNER and has_second_factor(user):
            # The owners' way in when the provider is down; it leaves a trace.
            with transaction.atomic():
                audit.record(
                    actor=user_actor(user, request),
                    organisation=member.organisation,
                    action="sso.emergency",
                    about=member,
                )
            return None
        return render(
            request,
            "sso/needed.html",
            {"organisation": member.organisation, "email": user.email},
            status=403,
        )


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Believes a provider about its own organisation's addresses alone."""

    def get_requests_session(self) -> Any:
        return safe_requests.session()

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        apps: list[SocialApp] = super().list_apps(request, provider=provider, client_id=client_id)
        for app in apps:
            app.secret = providers.secret_of(app)
        return apps

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        # Accounts are made in pre_social_login, for whoever was invited, or not at all.
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        provider = (
            IdentityProvider.objects.select_related("organisation", "app")
            .filter(app__provider_id=sociallogin.account.provider)
            .filter(organisation__closed_at=None)
            .first()
        )
        if provider is None:
            raise ImmediateHttpResponse(_refused(request, _("This provider is not in use.")))
        email, process = "", sociallogin.state.get("process")
        try:
            email = _asserted(provider, sociallogin)
            if process == AuthProcess.REDIRECT:
                _note_test(request, provider, email, "")
                return
            if process != AuthProcess.LOGIN:
                raise Problem(_("A provider cannot be added to an account."), code="sso_process")
            _settle(request, provider, sociallogin, email)
        except Problem as refused:
            if process == AuthProcess.REDIRECT:
                _note_test(request, provider, email, refused.sentence)
                return
            with transaction.atomic():
                audit.record(
                    actor=Actor(
                        kind="stranger",
                        name=email or "?",
                        address=request.META.get("REMOTE_ADDR"),
                    ),
                    organisation=provider.organisation,
                    action="sso.refused",
                    reason=refused.code,
                )
            raise ImmediateHttpResponse(_refused(request, refused.sentence)) from None


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "sso/refused.html", {"sentence": sentence}, status=403)


def _note_test(request: HttpRequest, provider: IdentityProvider, email: str, problem: str) -> None:
    # SECURITY: a test that a stranger runs says nothing.
    owner = isinstance(request.user, User) and Member.objects.filter(
        organisation=provider.organisation, user=request.user, role=Role.OWNER
    )
    if owner:
        providers.note_test(provider=provider, email=email, problem=problem)


def _asserted(provider: IdentityProvider, sociallogin: SocialLogin) -> str:
    """The address that the provider vouches for. Raises Problem where it cannot."""
    data = sociallogin.account.extra_data
    told = data.get("userinfo") or data.get("id_token") or {}
    email = str(sociallogin.user.email or "").strip().lower()
    if not email or len(email) > 254:
        raise Problem(
            _("Your provider did not say which e-mail address you have."), code="sso_no_email"
        )
    if provider.app.provider == providers.OIDC:
        subjects = {str(part["sub"]) for part in data.values() if "sub" in part}
        if len(subjects) != 1:
            raise Problem(_("Your provider contradicts itself."), code="sso_subject")
        if told.get("email_verified", True) not in (True, "true"):
            raise Problem(
                _("Your provider says that your address is not verified."), code="sso_unverified"
            )
    claim = domains.proved_for(email)
    if claim is None or claim.organisation_id != provider.organisation_id:
        raise Problem(
            _(
                "This provider may not speak for {email}: its organisation has not proved that "
                "domain."
            ).format(email=email),
            code="sso_domain",
        )
    return email


@transaction.atomic
def _settle(
    request: HttpRequest, provider: IdentityProvider, sociallogin: SocialLogin, email: str
) -> None:
    """Find whose account this is, or make one for somebody who was invited."""
    organisation = provider.organisation
    if sociallogin.is_existing:
        user = User.objects.get(pk=sociallogin.user.pk)
        if user.email.lower() != email:
            raise Problem(
                _("Your provider knows you by another address now. Ask an owner."),
                code="sso_other_address",
            )
    else:
        found = User.objects.select_for_update().filter(email__iexact=email).first()
        user = found or User(email=email)
    invitation = MemberInvitation.objects.filter(
        organisation=organisation, email__iexact=email, accepted_at=None, revoked_at=None
    ).first()
    if invitation is not None and invitation.expired:
        invitation = None
    member = (
        not user._state.adding
        and Member.objects.filter(organisation=organisation, user=user).exists()
    )
    if not member and invitation is None:
        raise Problem(
            _("You are no member of {name} yet. Ask an owner to invite you.").format(
                name=organisation.name
            ),
            code="sso_no_member",
        )
    if user._state.adding:
        user.set_unusable_password()
        user.save()
    address, _made = EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"primary": True}
    )
    if not address.verified:
        # SECURITY: whoever opened the account never proved the address; their password goes.
        user.set_unusable_password()
        user.save(update_fields=["password"])
        address.verified = True
        address.save(update_fields=["verified"])
    if not sociallogin.is_existing:
        if SocialAccount.objects.filter(provider=provider.app.provider_id, user=user).exists():
            raise Problem(
                _("Your provider has named somebody else with this address before. Ask an owner."),
                code="sso_other_subject",
            )
        sociallogin.user = user
        sociallogin.save(request, connect=True)
        audit.record(
            actor=user_actor(user, request),
            organisation=organisation,
            action="sso.linked",
            about=user,
            email=email,
        )
    if invitation is not None:
        member_invitations.accept_for(
            actor=user_actor(user, request), invitation=invitation, user=user
        )
