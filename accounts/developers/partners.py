"""Partners: organisations that act for others, as long as those let them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.consent import invitations
from accounts.developers import scopes
from accounts.membership import member_invitations, members, organisations
from accounts.models import MemberInvitation, Organisation, PartnerGrant, WebhookEndpoint
from accounts.webhooks import endpoints
from headshots.lib.problems import Problem

# Sent in the transaction that gives a grant or withdraws it, with `grant`, `actor` and the scopes
# that are `left` of it: others end what the partner left with them and may not have any more.
settled = Signal()


@transaction.atomic
def grant(
    *, actor: Actor, organisation: Organisation, partner_id: str, wanted: Sequence[str]
) -> PartnerGrant:
    """Let a partner act for the organisation within scopes; a second grant replaces the first, and
    what the partner left under a scope that it loses ends as with a withdrawal.

    A partner is known by its id, which it tells its customers. Raises Problem for an id that is
    nobody's or one's own, and for scopes that are none.
    """
    if organisation.sandbox_of_id:
        raise Problem(
            _("A grant is given with a live key; it holds for the sandbox as well."),
            code="sandbox",
            status=409,
        )
    try:
        partner = Organisation.objects.filter(
            pk=UUID(partner_id.strip()), closed_at=None, sandbox_of=None
        ).first()
    except ValueError:
        partner = None
    if partner is None or partner.pk == organisation.pk:
        raise _unknown()
    found = scopes.check(wanted)
    if withheld := [s for s in found if s.startswith("keys:")]:
        # SECURITY: a partner's access ends with its grant, so it makes no keys of its own here.
        raise Problem(
            _("The scope {value} is not given to partners.").format(value=withheld[0]),
            code="scope",
            field="scopes",
        )
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    made, fresh = PartnerGrant.objects.update_or_create(
        organisation=organisation,
        partner=partner,
        withdrawn_at=None,
        defaults={"scopes": found, "granted_by": actor.user},
    )
    # Whoever closes the partner meanwhile waits for this grant's reference to it, or has done so.
    if not Organisation.objects.filter(pk=partner.pk, closed_at=None).exists():
        raise _unknown()
    audit.record(
        actor=actor,
        organisation=organisation,
        action="partner.granted",
        about=made,
        partner=partner.name,
        scopes=found,
    )
    if not fresh:
        _settle(actor=actor, grant=made, left=found)
    return made


@transaction.atomic
def withdraw(*, actor: Actor, grant: PartnerGrant) -> PartnerGrant:
    """Shut a partner out with the next request. Twice is once.

    Whom it made a member, and whom they did, is none any more, unless nobody else is owner; keys
    that they made are revoked.

    What needs no key and was given to it ends, too: endpoints that it named are switched off and
    their secrets renewed, the personal links that it had for its pages become worthless, and its
    pages may not show the employees' way any more.
    """
    # Before the grant, as whoever makes a member under it does.
    Organisation.objects.select_for_update(no_key=True).get(pk=grant.organisation_id)
    grant = PartnerGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if grant.withdrawn_at is None:
        grant.withdrawn_at = timezone.now()
        grant.save(update_fields=["withdrawn_at"])
        audit.record(
            actor=actor,
            organisation=grant.organisation,
            action="partner.withdrawn",
            about=grant,
            partner=grant.partner.name,
        )
        _settle(actor=actor, grant=grant, left=())
    return grant


def withdraw_all(*, partner: Organisation) -> None:
    """Shut a partner that closes out of all its customers. Their owners and administrators hear of
    each endpoint that is switched off."""
    received = PartnerGrant.objects.filter(partner=partner, withdrawn_at=None)
    for grant in received.order_by("organisation_id"):
        # SECURITY: who acts for the partner is nothing that its customers' logs should name.
        withdraw(actor=SYSTEM, grant=grant)


def _settle(*, actor: Actor, grant: PartnerGrant, left: Sequence[str]) -> None:
    if not scopes.allows(left, "webhooks:write"):
        # Under an earlier grant, too: let in again, the partner may have put those on again.
        for endpoint in WebhookEndpoint.objects.filter(
            grant__organisation=grant.organisation_id, grant__partner=grant.partner_id
        ).order_by("pk"):
            endpoints.renew_secret(actor=actor, endpoint=endpoint)
            endpoints.disable(
                actor=actor, endpoint=endpoint, because=WebhookEndpoint.Disabled.PARTNER
            )
    if not scopes.allows(left, "shoots:write"):
        invitations.renew_those(found=grant.invitations.all())
    if not scopes.allows(left, "members:write"):
        offers = MemberInvitation.objects.filter(grant=grant, accepted_at=None, revoked_at=None)
        for offer in offers:
            member_invitations.revoke(actor=actor, invitation=offer)
        members.end_those_of(actor=actor, grant=grant)
    if not any(scopes.allows(left, each) for each in ("shoots:write", "organisation:write")):
        organisations.end_framing_of(actor=actor, grant=grant)
    settled.send(sender=PartnerGrant, grant=grant, actor=actor, left=left)


def _unknown() -> Problem:
    return Problem(
        _("This is no partner’s id. Ask the partner for it; it is on their page of keys."),
        code="partner_unknown",
        field="partner",
    )
