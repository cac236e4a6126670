"""Who may act for an organisation: roles, leaving, handing it over.

Whatever changes a role locks the organisation first, so that it never is without an owner.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.developers import api_keys
from accounts.developers.on_behalf import is_partner, is_theirs
from accounts.models import Member, MemberInvitation, Organisation, PartnerGrant, Role, User
from headshots.lib.problems import Problem

# Sent in the transaction that ends the membership of somebody whom a partner brought in, with
# `organisation`, `user` and `actor`: others end what they left.
partners_own_ended = Signal()


def lock(*, organisation: Organisation) -> Organisation:
    """The organisation, locked until the transaction ends. Raises Problem once it is closed."""
    locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if locked.closed_at:
        raise Problem(_("This organisation is closed."), code="closed", status=410)
    return locked


def still_owner(*, actor: Actor, organisation: Organisation) -> None:
    """Refuse a user who was owner when they asked and, under the lock, no longer is."""
    # SECURITY: the door checked before the lock; another owner may have been faster.
    if actor.user and not _owners(organisation).filter(user=actor.user).exists():
        raise Problem(_("You are no longer an owner."), code="not_owner", status=403)


def has_members(*, organisation: Organisation) -> None:
    """Refuse (409) a sandbox, which members of the organisation beside it look into."""
    # SECURITY: whoever asks for a test key makes nobody a member of anything.
    if organisation.sandbox_of_id:
        raise Problem(
            _("A sandbox has no members of its own: those of the organisation look into it."),
            code="sandbox",
            status=409,
        )


def check_partner(
    *,
    actor: Actor,
    organisation: Organisation,
    about: Member | MemberInvitation | None,
    role: Role | None = None,
) -> None:
    """Refuse (403) a partner's program whom it did not bring in, and owners: it neither makes nor
    changes nor removes one. Others are refused nothing."""
    if not is_partner(actor=actor, organisation=organisation):
        return
    # SECURITY: a partner's access ends with its grant; an owner's does not, and they could end
    # that of everybody else.
    if about is not None and not is_theirs(
        actor=actor, organisation=organisation, grant=about.grant
    ):
        raise Problem(
            _("The organisation brought them in itself. A partner does not decide about them."),
            code="member_of_another",
            status=403,
        )
    if Role.OWNER in (role, about.role if about else None):
        raise Problem(
            _("A partner makes nobody an owner and decides about none."),
            code="owners_alone",
            status=403,
        )


@transaction.atomic
def change_role(*, actor: Actor, member: Member, role: Role) -> Member:
    """Give a member another role.

    Raises Problem (409) where the organisation would be without an owner or the member has gone,
    and (403) what `check_partner` does.
    """
    organisation = lock(organisation=member.organisation)
    still_owner(actor=actor, organisation=organisation)
    member = _current(member)
    check_partner(actor=actor, organisation=organisation, about=member, role=role)
    if member.role == role:
        return member
    if member.role == Role.OWNER:
        _keep_an_owner(organisation, member.user)
        _revoke_invitations_of(organisation, member.user)
    was, member.role = member.role, role
    member.save(update_fields=["role"])
    audit.record(
        actor=actor,
        organisation=organisation,
        action="member.role_changed",
        about=member,
        email=member.user.email,
        was=was,
        role=str(role),
    )
    return member


@transaction.atomic
def remove_member(*, actor: Actor, member: Member) -> None:
    """Take a member's access away. Raises Problem (409) for the last owner, and (403) what
    `check_partner` does."""
    organisation = lock(organisation=member.organisation)
    still_owner(actor=actor, organisation=organisation)
    member = _current(member)
    check_partner(actor=actor, organisation=organisation, about=member)
    _end(actor, organisation, member, "member.removed")


@transaction.atomic
def leave(*, actor: Actor, organisation: Organisation, user: User) -> None:
    """A member goes by themselves. Raises Problem (409) for the last owner."""
    organisation = lock(organisation=organisation)
    member = Member.objects.select_related("user").filter(organisation=organisation, user=user)
    found = member.first()
    if found is None:
        raise _gone()
    _end(actor, organisation, found, "member.left")


@transaction.atomic
def transfer_ownership(*, actor: Actor, organisation: Organisation, to: Member) -> Member:
    """Make another member owner and the owner who acts an administrator.

    Raises Problem where they hand it to themselves, or are no owner or member any more.
    """
    organisation = lock(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    if actor.user is None or to.organisation_id != organisation.pk:
        raise _gone()
    to = _current(to)
    if to.user_id == actor.user.pk:
        raise Problem(_("Choose somebody else than yourself."), code="oneself", field="member")
    Member.objects.filter(pk=to.pk).update(role=Role.OWNER)
    Member.objects.filter(organisation=organisation, user=actor.user).update(role=Role.ADMIN)
    _revoke_invitations_of(organisation, actor.user)
    to.role = Role.OWNER
    audit.record(
        actor=actor,
        organisation=organisation,
        action="organisation.transferred",
        about=to,
        email=to.user.email,
    )
    return to


@transaction.atomic
def end_those_of(*, actor: Actor, grant: PartnerGrant) -> None:
    """End the memberships that a partner made under a grant, and those that came of them. The last
    owner stays, so that somebody can act, and the log says so.

    Call it with the organisation locked.
    """
    organisation = grant.organisation
    made = Member.objects.filter(grant=grant).select_related("user")
    for member in made.order_by("-created_at", "-pk"):
        if member.role == Role.OWNER and not _others_own(organisation, member.user):
            audit.record(
                actor=actor,
                organisation=organisation,
                action="member.kept",
                about=member,
                email=member.user.email,
            )
        else:
            _end(actor, organisation, member, "member.removed")


def _end(actor: Actor, organisation: Organisation, member: Member, action: str) -> None:
    if member.role == Role.OWNER:
        _keep_an_owner(organisation, member.user)
        _revoke_invitations_of(organisation, member.user)
    if member.grant_id:
        # SECURITY: what a partner's people made would outlive its grant with them gone.
        api_keys.revoke_those_of(actor=actor, organisation=organisation, user=member.user)
        partners_own_ended.send(
            sender=Member, organisation=organisation, user=member.user, actor=actor
        )
    audit.record(
        actor=actor,
        organisation=organisation,
        action=action,
        about=member,
        email=member.user.email,
        was=member.role,
    )
    member.delete()


def _owners(organisation: Organisation) -> QuerySet[Member]:
    return Member.objects.filter(organisation=organisation, role=Role.OWNER)


def _others_own(organisation: Organisation, user: User) -> bool:
    return _owners(organisation).exclude(user=user).exists()


def _keep_an_owner(organisation: Organisation, user: User) -> None:
    if not _others_own(organisation, user):
        raise Problem(
            _("An organisation needs an owner. Make somebody else owner first."),
            code="last_owner",
            status=409,
        )


def _revoke_invitations_of(organisation: Organisation, user: User) -> None:
    """Whoever loses the right to invite leaves no door open behind them."""
    MemberInvitation.objects.filter(
        organisation=organisation, invited_by=user, accepted_at=None, revoked_at=None
    ).update(revoked_at=timezone.now())


def _current(member: Member) -> Member:
    found = Member.objects.select_related("user").filter(pk=member.pk).first()
    if found is None:
        raise _gone()
    return found


def _gone() -> Problem:
    return Problem(
        _("They are no member any more. Load the page again."), code="member_gone", status=409
    )
