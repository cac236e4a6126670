"""Inviting colleagues as members: a signed link by mail that one address can use once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_q.tasks import async_task, schedule

from accounts import audit, languages
from accounts.actors import Actor
from accounts.developers.on_behalf import brought_in, grant_of
from accounts.mail import letters
from accounts.membership.members import check_partner, has_members, lock, still_owner
from accounts.models import Member, MemberInvitation, Organisation, Role, User
from headshots.lib.problems import Problem

LIFE = timedelta(days=7)
MOST_OPEN = 100
_SALT = "accounts.member_invitations"


@transaction.atomic
def invite_member(
    *, actor: Actor, organisation: Organisation, email: str, role: Role
) -> MemberInvitation:
    """Offer somebody a role and queue the mail. A second invitation replaces the first.

    Raises Problem: no address, a member already, too many invitations open, a sandbox, and what
    `check_partner` does.
    """
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise Problem(
            _("“{email}” is not an e-mail address.").format(email=email[:100])
            if email
            else _("Give an e-mail address."),
            code="email",
            field="email",
        ) from None
    organisation = lock(organisation=organisation)
    has_members(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    if Member.objects.filter(organisation=organisation, user__email__iexact=email).exists():
        raise Problem(
            _("{email} is a member already. Change their role in the list.").format(email=email),
            code="member_already",
            field="email",
        )
    waiting = MemberInvitation.objects.filter(
        organisation=organisation, accepted_at=None, revoked_at=None
    )
    if waiting.count() >= MOST_OPEN:
        raise Problem(
            _("{most} invitations are open. Revoke some first.").format(most=MOST_OPEN),
            code="too_many_invitations",
        )
    found = waiting.filter(email__iexact=email).select_related("grant").first()
    check_partner(actor=actor, organisation=organisation, about=found, role=role)
    invitation = found or MemberInvitation(organisation=organisation, email=email, generation=0)
    invitation.role = role
    _renew(actor, invitation)
    audit.record(
        actor=actor,
        organisation=organisation,
        action="member.invited",
        about=invitation,
        email=email,
        role=str(role),
    )
    return invitation


@transaction.atomic
def send_again(*, actor: Actor, invitation: MemberInvitation) -> None:
    """A new link, good for another LIFE; those before it are worthless then."""
    organisation = lock(organisation=invitation.organisation)
    still_owner(actor=actor, organisation=organisation)
    invitation = _open(invitation.pk)
    _renew(actor, invitation)
    audit.record(
        actor=actor,
        organisation=organisation,
        action="member.invited_again",
        about=invitation,
        email=invitation.email,
    )


@transaction.atomic
def revoke(*, actor: Actor, invitation: MemberInvitation) -> None:
    """Take an offer back; twice is once. Raises Problem (409) once it has been accepted, and (403)
    what `check_partner` does."""
    organisation = lock(organisation=invitation.organisation)
    if MemberInvitation.objects.get(pk=invitation.pk).revoked_at:
        return
    invitation = _open(invitation.pk)
    check_partner(actor=actor, organisation=organisation, about=invitation)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    audit.record(
        actor=actor,
        organisation=organisation,
        action="member.invitation_revoked",
        about=invitation,
        email=invitation.email,
    )


def link_of(invitation: MemberInvitation) -> str:
    """The address that the mail leads to."""
    token = signing.dumps([invitation.pk.hex, invitation.generation], salt=_SALT)
    return f"{settings.SITE_URL}{reverse('join', args=[token])}"


def open_link(*, token: str) -> MemberInvitation:
    """The invitation behind a token.

    Raises Problem: 404 for a token that was never ours or whose link has been replaced; 410 for
    an invitation that is revoked, used or past its time.
    """
    try:
        pk, generation = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        raise _unknown() from None
    invitation = (
        MemberInvitation.objects.select_related("organisation", "invited_by")
        .filter(pk=UUID(pk), generation=generation)
        .first()
    )
    if invitation is None:
        raise _unknown()
    _check_open(invitation)
    return invitation


def addressed_to(*, invitation: MemberInvitation, user: User) -> bool:
    """Whether the user has proved that the invited address is theirs."""
    theirs = EmailAddress.objects.filter(user=user, verified=True, email__iexact=invitation.email)
    return bool(theirs.exists())


@transaction.atomic
def accept(*, actor: Actor, token: str, user: User) -> Member:
    """Become a member. Raises Problem as `open_link` does, and 403 for another address."""
    invitation = open_link(token=token)
    organisation = lock(organisation=invitation.organisation)
    # SECURITY: read again under the lock, so that one link makes one member.
    invitation = open_link(token=token)
    if not addressed_to(invitation=invitation, user=user):
        raise Problem(
            _("This invitation is for another e-mail address than yours."),
            code="other_address",
            status=403,
        )
    return _become_member(actor, organisation, invitation, user)


@transaction.atomic
def accept_for(*, actor: Actor, invitation: MemberInvitation, user: User) -> Member:
    """Become a member without the link: the organisation's own provider has named the person.

    Raises Problem where it has been used or revoked meanwhile, and 403 for another address.
    """
    organisation = lock(organisation=invitation.organisation)
    invitation = _open(invitation.pk)
    if invitation.email.lower() != user.email.lower():
        raise Problem(
            _("This invitation is for another e-mail address than yours."),
            code="other_address",
            status=403,
        )
    return _become_member(actor, organisation, invitation, user)


def _become_member(
    actor: Actor, organisation: Organisation, invitation: MemberInvitation, user: User
) -> Member:
    has_members(organisation=organisation)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    # Whoever has become a member otherwise meanwhile keeps their role.
    member, _made = Member.objects.get_or_create(
        organisation=organisation,
        user=user,
        defaults={"role": invitation.role, "grant_id": invitation.grant_id},
    )
    audit.record(
        actor=actor,
        organisation=organisation,
        action="member.joined",
        about=member,
        email=user.email,
        role=member.role,
    )
    return member


def send(*, invitation_id: UUID, generation: int) -> bool:
    """Send the mail, unless the invitation has moved on. Returns whether it was sent.

    Where the mail server does not take it, it is tried again some minutes later.
    """
    invitation = (
        MemberInvitation.objects.select_related("organisation", "invited_by")
        .filter(pk=invitation_id, generation=generation, accepted_at=None, revoked_at=None)
        .first()
    )
    if invitation is None or invitation.expired or invitation.sent_at:
        return False
    context = {
        "invitation": invitation,
        "organisation": invitation.organisation,
        "link": link_of(invitation),
    }
    # Whoever is invited reads what the one who invites does, as far as anybody knows.
    with translation.override(languages.of_user(invitation.invited_by)):
        mail = letters.letter(
            organisation=invitation.organisation,
            template="member",
            subject=_("Join {organisation} at Headshots").format(
                organisation=invitation.organisation.name
            ),
            context=context,
            to=[invitation.email],
            # The same mail twice, after a repeated task, is one in most mailboxes.
            headers={"Message-ID": f"<member.{invitation.pk}.{generation}@headshots>"},
        )
    try:
        mail.send()
    except OSError:
        schedule(
            "accounts.tasks.send_member_invitation",
            str(invitation_id),
            generation,
            schedule_type="O",
            next_run=timezone.now() + timedelta(minutes=5),
            cluster="default",
        )
        return False
    invitation.sent_at = timezone.now()
    invitation.save(update_fields=["sent_at"])
    return True


def _renew(actor: Actor, invitation: MemberInvitation) -> None:
    invitation.generation += 1
    invitation.expires_at = timezone.now() + LIFE
    invitation.invited_by = actor.user
    organisation = invitation.organisation
    # SECURITY: whom a partner's people bring in are the partner's, too, and end with its grant.
    invitation.grant = grant_of(actor=actor, organisation=organisation) or brought_in(
        actor=actor, organisation=organisation
    )
    invitation.sent_at = None
    invitation.save()
    async_task("accounts.tasks.send_member_invitation", str(invitation.pk), invitation.generation)


def _open(pk: UUID) -> MemberInvitation:
    invitation = MemberInvitation.objects.get(pk=pk)
    if invitation.accepted_at or invitation.revoked_at:
        raise Problem(
            _("This invitation has been used or revoked meanwhile. Load the page again."),
            code="invitation_over",
            status=409,
        )
    return invitation


def _check_open(invitation: MemberInvitation) -> None:
    organisation = invitation.organisation.name
    if invitation.accepted_at:
        sentence = _("This invitation has been used. Sign in to reach {organisation}.").format(
            organisation=organisation
        )
    elif invitation.revoked_at or invitation.organisation.closed_at:
        sentence = _("This invitation has been taken back. Ask whoever invited you.")
    elif invitation.expired:
        sentence = _("This invitation has expired. Ask whoever invited you to send it again.")
    else:
        return
    raise Problem(sentence, code="invitation_over", status=410)


def _unknown() -> Problem:
    return Problem(
        _(
            "This link is not valid. Open the newest e-mail you have from us, or ask "
            "whoever invited you to send it again."
        ),
        code="link_unknown",
        status=404,
    )
