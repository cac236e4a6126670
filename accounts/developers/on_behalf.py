"""Under which grant a program acts: what it leaves behind ends with it, and is all it may hold."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.developers import scopes
from accounts.models import Member, Organisation, PartnerGrant
from headshots.lib.problems import Problem


def is_partner(*, actor: Actor, organisation: Organisation) -> bool:
    """Whether the program that acts is another organisation's, let in by a grant."""
    customer = organisation.sandbox_of_id or organisation.pk
    return actor.key is not None and actor.key.organisation_id != customer


def grant_of(*, actor: Actor, organisation: Organisation) -> PartnerGrant | None:
    """The grant by which a partner's program acts for an organisation or in its sandbox; None for
    whoever acts for their own. Locked until the transaction ends, so that it is not withdrawn
    meanwhile.

    Raises Problem (404) where it has been withdrawn.
    """
    if actor.key is None or not is_partner(actor=actor, organisation=organisation):
        return None
    found = (
        PartnerGrant.objects.select_for_update(no_key=True)
        .filter(
            organisation=organisation.sandbox_of_id or organisation.pk,
            partner=actor.key.organisation_id,
            withdrawn_at=None,
        )
        .first()
    )
    if found is None:
        raise Problem(
            _("This organisation does not let you act for it any more."),
            code="not_found",
            status=404,
        )
    return found


def lets_still(*, actor: Actor, organisation: Organisation, scope: str) -> bool:
    """Whether what was asked for a while ago may be done now: not by a key that is revoked or gone
    since, nor for a partner whose grant is withdrawn or lacks the scope. The grant is locked until
    the transaction ends."""
    if actor.kind != "key":
        return True
    if actor.key is None or actor.key.revoked_at:
        return False
    try:
        grant = grant_of(actor=actor, organisation=organisation)
    except Problem:
        return False
    return grant is None or scopes.allows(grant.scopes, scope)


def is_theirs(*, actor: Actor, organisation: Organisation, grant: PartnerGrant | None) -> bool:
    """Whether what was made under `grant` (None: by the organisation itself) is the actor's own:
    everything for whoever acts for their own, for a partner what it made."""
    if actor.key is None or not is_partner(actor=actor, organisation=organisation):
        return True
    return grant is not None and grant.partner_id == actor.key.organisation_id


def brought_in(*, actor: Actor, organisation: Organisation) -> PartnerGrant | None:
    """The grant by which a partner brought in the member who acts, or who made the key that does.
    None for everybody else, and once the partner may not bring anybody in any more."""
    if actor.behind is None:
        return None
    member = (
        Member.objects.select_related("grant")
        .filter(organisation=organisation.sandbox_of_id or organisation.pk, user=actor.behind)
        .first()
    )
    grant = member.grant if member else None
    if grant is None or grant.withdrawn_at or not scopes.allows(grant.scopes, "members:write"):
        return None
    return grant
