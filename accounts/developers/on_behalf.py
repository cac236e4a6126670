"""Under which grant a program acts: what it leaves behind ends with it, and is all it may hold."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Organisation, PartnerGrant
from headshots.lib.problems import Problem


def grant_of(*, actor: Actor, organisation: Organisation) -> PartnerGrant | None:
    """The grant by which a partner's program acts for an organisation or in its sandbox; None for
    whoever acts for their own. Locked until the transaction ends, so that it is not withdrawn
    meanwhile.

    Raises Problem (404) where it has been withdrawn.
    """
    if actor.key is None:
        return None
    customer = organisation.sandbox_of_id or organisation.pk
    partner = actor.key.organisation_id
    if partner == customer:
        return None
    found = (
        PartnerGrant.objects.select_for_update(no_key=True)
        .filter(organisation=customer, partner=partner, withdrawn_at=None)
        .first()
    )
    if found is None:
        raise Problem(
            _("This organisation does not let you act for it any more."),
            code="not_found",
            status=404,
        )
    return found


def is_theirs(*, actor: Actor, organisation: Organisation, grant: PartnerGrant | None) -> bool:
    """Whether what was made under `grant` (None: by the organisation itself) is the actor's own:
    everything for whoever acts for their own, for a partner what it made."""
    if actor.key is None:
        return True
    partner = actor.key.organisation_id
    if partner == (organisation.sandbox_of_id or organisation.pk):
        return True
    return grant is not None and grant.partner_id == partner
