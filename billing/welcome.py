"""An organisation that somebody founds by themselves, and the credits that it starts with."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.actors import SYSTEM, Actor
from accounts.membership.organisations import found_organisation
from accounts.models import Organisation, User
from billing import ledger
from billing.models import CreditGrant


@transaction.atomic
def found(*, actor: Actor, owner: User, name: str) -> Organisation:
    """Found an organisation with the credits to try with that this installation gives, if any.

    Raises Problem as `found_organisation`; then there is none.
    """
    organisation = found_organisation(actor=actor, owner=owner, name=name)
    if settings.WELCOME_CREDITS:
        ledger.grant(
            actor=SYSTEM,
            organisation=organisation,
            amount=settings.WELCOME_CREDITS,
            source_key="welcome",
            note=gettext_noop("To try with"),
            kind=CreditGrant.Kind.WELCOME,
        )
    return organisation
