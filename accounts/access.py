"""The one door to an organisation and what accounts/ keeps for it.

A stranger is told 404, as if the thing did not exist; a member whose role is too weak, 403.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts import clocks
from accounts.membership.rights import RANK
from accounts.membership.second_factor import SecondFactorNeeded, has_second_factor
from accounts.models import (
    ApiKey,
    AuditEntry,
    DomainClaim,
    Employee,
    IdentityProvider,
    Member,
    MemberInvitation,
    Organisation,
    PartnerGrant,
    Release,
    Role,
    RosterImport,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.sso import door


@dataclass(frozen=True)
class Inside:
    """Whoever is inside one organisation, checked: a member, or a program with a key."""

    organisation: Organisation


@dataclass(frozen=True)
class Membership(Inside):
    """A user inside one organisation, checked."""

    user: User
    role: Role

    def may(self, role: Role) -> bool:
        """Whether this member has at least that role."""
        return RANK[self.role] >= RANK[role]

    @property
    def may_edit(self) -> bool:
        return self.may(Role.ADMIN)


def membership(user: object, slug: str, role: Role = Role.VIEWER) -> Membership:
    """The user's membership of the organisation with that slug, at least with that role; the slug
    of its sandbox leads into that. From here on the page goes by the organisation's clock.

    Raises Http404 for whoever is no member, PermissionDenied for a weaker role, and
    SecondFactorNeeded where the organisation requires one and the user has none.
    """
    member = _member(user, slug)
    organisation = member.organisation
    # SECURITY: before the role, so that a stolen password alone learns nothing more.
    door.check(member=member, came_by=getattr(user, "came_by", frozenset()))
    if organisation.second_factor_required and not has_second_factor(member.user):
        raise SecondFactorNeeded(organisation)
    found = Membership(organisation, member.user, Role(member.role))
    if organisation.slug != slug:
        # A sandbox has no members, settings or money of its own, so nobody is owner there.
        least = min(Role(member.role), Role.ADMIN, key=RANK.__getitem__)
        found = Membership(organisation.sandbox, member.user, least)
    if not found.may(role):
        raise PermissionDenied(
            _(
                "This needs the role “{needed}”; yours is “{yours}”. Ask an owner of the "
                "organisation."
            ).format(needed=role.label, yours=found.role.label)
        )
    clocks.show(clocks.at_home(found.organisation))
    return found


def at_the_door(user: object, slug: str) -> tuple[Organisation, User]:
    """The organisation and its member, to say what it asks for before they come in.

    Raises Http404 for whoever is no member.
    """
    member = _member(user, slug)
    return member.organisation, member.user


def _member(user: object, slug: str) -> Member:
    if not isinstance(user, User):
        raise Http404
    member = (
        Member.objects.select_related(
            "organisation__sandbox", "organisation__identity_provider__app", "user"
        )
        .filter(
            Q(organisation__slug=slug) | Q(organisation__sandbox__slug=slug),
            user=user,
            # SECURITY: a role in a sandbox would be taken for one in the organisation beside it.
            organisation__sandbox_of=None,
            organisation__closed_at=None,
        )
        .first()
    )
    if member is None:
        raise Http404
    return member


def organisations(user: User) -> QuerySet[Organisation]:
    """The organisations that a user is a member of."""
    found = Organisation.objects.filter(members__user=user, sandbox_of=None, closed_at=None)
    return found.order_by("name")


def members(inside: Inside) -> QuerySet[Member]:
    return Member.objects.filter(organisation=inside.organisation).select_related("user")


def member(inside: Inside, member_id: UUID) -> Member:
    """One of the members; Http404 for another organisation's."""
    found = members(inside).filter(pk=member_id).select_related("organisation", "user").first()
    if found is None:
        raise Http404
    return found


def member_invitations(inside: Inside) -> QuerySet[MemberInvitation]:
    """The invitations that can still be accepted or sent again, newest first."""
    return MemberInvitation.objects.filter(
        organisation=inside.organisation, accepted_at=None, revoked_at=None
    ).select_related("organisation", "invited_by")


def member_invitation(inside: Inside, invitation_id: UUID) -> MemberInvitation:
    """One of those, or one that is over; Http404 for another organisation's."""
    found = (
        MemberInvitation.objects.filter(organisation=inside.organisation, pk=invitation_id)
        .select_related("organisation", "invited_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


def employees(inside: Inside) -> QuerySet[Employee]:
    """Everybody who is or was on the roster."""
    return Employee.objects.filter(organisation=inside.organisation)


def staff(inside: Inside) -> QuerySet[Employee]:
    """The roster without those who have left."""
    return employees(inside).filter(status=Employee.Status.ACTIVE)


def employee(inside: Inside, employee_id: UUID) -> Employee:
    """One of the roster; Http404 for another organisation's."""
    found = employees(inside).filter(pk=employee_id).first()
    if found is None:
        raise Http404
    return found


def roster_import(inside: Inside, import_id: UUID) -> RosterImport:
    """A roster file on its way in; Http404 for another organisation's."""
    found = RosterImport.objects.filter(organisation=inside.organisation, pk=import_id)
    row = found.select_related("organisation", "uploaded_by").defer("table").first()
    if row is None:
        raise Http404
    return row


def audit_entries(inside: Inside) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(organisation=inside.organisation).order_by("-created_at")


def _webhook_worlds(inside: Inside, organisation: str) -> Q:
    mine = Q(**{organisation: inside.organisation})
    if isinstance(inside, Membership):
        mine |= Q(**{f"{organisation}__sandbox_of": inside.organisation})
    return mine


def webhook_endpoints(inside: Inside) -> QuerySet[WebhookEndpoint]:
    """Where events of the organisation go; for a member also those of its sandbox."""
    found = WebhookEndpoint.objects.filter(_webhook_worlds(inside, "organisation"))
    return found.select_related("organisation", "grant").prefetch_related("secrets")


def webhook_endpoint(inside: Inside, endpoint_id: UUID) -> WebhookEndpoint:
    """One of them; Http404 for another organisation's."""
    found = webhook_endpoints(inside).filter(pk=endpoint_id).first()
    if found is None:
        raise Http404
    return found


def webhook_deliveries(inside: Inside) -> QuerySet[WebhookDelivery]:
    """What was sent to the organisation's endpoints."""
    found = WebhookDelivery.objects.filter(_webhook_worlds(inside, "endpoint__organisation"))
    return found.select_related("event", "endpoint__organisation", "endpoint__grant")


def webhook_delivery(
    inside: Inside, delivery_id: UUID, endpoint_id: UUID | None = None
) -> WebhookDelivery:
    """One delivery, to that endpoint if one is named; Http404 for another organisation's."""
    wanted = webhook_deliveries(inside).filter(pk=delivery_id)
    if endpoint_id is not None:
        wanted = wanted.filter(endpoint=endpoint_id)
    found = wanted.first()
    if found is None:
        raise Http404
    return found


def audit_entry(inside: Inside, entry_id: UUID) -> AuditEntry:
    """One act; Http404 for another organisation's."""
    found = audit_entries(inside).filter(pk=entry_id).first()
    if found is None:
        raise Http404
    return found


def api_keys_of(inside: Inside) -> QuerySet[ApiKey]:
    """The keys of an organisation; inside its sandbox, its test keys."""
    if sandbox_of := inside.organisation.sandbox_of_id:
        return ApiKey.objects.filter(organisation=sandbox_of, test=True)
    return ApiKey.objects.filter(organisation=inside.organisation, test=False)


def api_key(inside: Inside, key_id: UUID) -> ApiKey:
    """One of those; Http404 for another organisation's."""
    found = api_keys_of(inside).select_related("organisation").filter(pk=key_id).first()
    if found is None:
        raise Http404
    return found


def any_api_keys(inside: Inside) -> QuerySet[ApiKey]:
    """Live and test keys, as their page shows them: those that count first."""
    own = inside.organisation.sandbox_of_id or inside.organisation.pk
    return (
        ApiKey.objects.filter(organisation=own)
        .select_related("organisation")
        .order_by(F("revoked_at").asc(nulls_first=True), "-created_at")
    )


def any_api_key(inside: Inside, key_id: UUID) -> ApiKey:
    """One of those; Http404 for another organisation's."""
    found = any_api_keys(inside).filter(pk=key_id).first()
    if found is None:
        raise Http404
    return found


def partner_grants(inside: Inside) -> QuerySet[PartnerGrant]:
    """The partners that may act for the organisation."""
    return PartnerGrant.objects.filter(
        organisation=inside.organisation, withdrawn_at=None
    ).select_related("partner", "organisation")


def partner_grant(inside: Inside, grant_id: UUID) -> PartnerGrant:
    """One that may or might once; Http404 for another organisation's."""
    found = (
        PartnerGrant.objects.filter(organisation=inside.organisation, pk=grant_id)
        .select_related("partner", "organisation")
        .first()
    )
    if found is None:
        raise Http404
    return found


def customers(inside: Inside) -> QuerySet[PartnerGrant]:
    """The organisations that let this one act for them."""
    return PartnerGrant.objects.filter(
        partner=inside.organisation, withdrawn_at=None, organisation__closed_at=None
    ).select_related("organisation")


def releases(inside: Inside) -> QuerySet[Release]:
    """What employees have signed, withdrawn or not."""
    return Release.objects.filter(employee__organisation=inside.organisation)


def release(inside: Inside, release_id: UUID) -> Release:
    """One of those; Http404 for another organisation's."""
    found = releases(inside).filter(pk=release_id).first()
    if found is None:
        raise Http404
    return found


def identity_provider(inside: Inside) -> IdentityProvider | None:
    """Where members sign in, if anywhere else than here."""
    found = IdentityProvider.objects.select_related("app", "organisation")
    return found.filter(organisation=inside.organisation).first()


def domain_claims(inside: Inside) -> QuerySet[DomainClaim]:
    """The domains that the organisation says are its own."""
    return DomainClaim.objects.filter(organisation=inside.organisation)


def domain_claim(inside: Inside, claim_id: UUID) -> DomainClaim:
    """One of those; Http404 for another's."""
    claim = domain_claims(inside).filter(pk=claim_id).select_related("organisation").first()
    if claim is None:
        raise Http404
    return claim
