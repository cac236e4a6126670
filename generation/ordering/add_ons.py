"""What can be had besides a headshot: more pictures to choose from (billing.prices)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from billing import ledger, prices
from generation import states
from generation.dispatch import claims
from generation.finishing import renditions
from generation.models import Shoot, State
from generation.ordering import budgets_used, orders
from generation.ordering.settling import MORE
from headshots.lib.problems import Problem

# The most pictures that a shoot may want in all.
MOST_WANTED = 12


def can_have_more(shoot: Shoot) -> bool:
    """Whether more pictures can be asked for now; they are made of the photos."""
    return (
        shoot.state in (State.CHOOSING, State.APPROVING)
        and shoot.wanted + MORE <= MOST_WANTED
        and shoot.inputs_destroyed_at is None
    )


@transaction.atomic
def more_pictures(*, actor: Actor, shoot: Shoot) -> Shoot:
    """Hold the add-on's credit and draw more pictures of this round; those that are there stay.

    A pick is taken back, as there will be more to choose from. Raises Problem while there is
    nothing to choose from, without the photos, where more were asked for already, and for missing
    credits or budget.
    """
    shoot = states.locked(shoot.pk)
    if shoot.state not in (State.CHOOSING, State.APPROVING):
        raise Problem(
            _("More pictures can be had while there are some to choose from."),
            code="transition",
            status=409,
        )
    if shoot.inputs_destroyed_at:
        raise Problem(
            _("The photos of {name} have been destroyed, so no more pictures can be made.").format(
                name=shoot.employee.name
            ),
            code="photos_gone",
            status=409,
        )
    organisation = shoot.order.organisation
    _own, key = shoot.hold_keys
    if not can_have_more(shoot) or ledger.held(organisation=organisation, source_key=key):
        raise Problem(_("More pictures were made already."), code="had_more", status=409)
    if shoot.made_free_at is None:
        account = ledger.lock_account(organisation=organisation)
        # What whoever is invited will need is not to be had for more pictures of somebody else.
        free = account.available - orders.credits_promised(organisation=organisation)
        if free < prices.MORE_PICTURES.credits:
            raise ledger.too_few(missing=prices.MORE_PICTURES.credits - free, debt=account.debt)
        budgets_used.check(
            organisation=organisation,
            needed=[(shoot.department, prices.MORE_PICTURES.credits)],
        )
        ledger.hold(
            actor=actor,
            organisation=organisation,
            amount=prices.MORE_PICTURES.credits,
            source_key=key,
        )
    renditions.forget(shoot=shoot)
    Shoot.objects.filter(pk=shoot.pk).update(
        wanted=F("wanted") + MORE, credits=F("credits") + prices.MORE_PICTURES.credits
    )
    audit.record(
        actor=actor,
        organisation=organisation,
        action="shoot.more_pictures",
        about=shoot,
        credits=prices.MORE_PICTURES.credits,
    )
    claims.enqueue(actor=actor, shoot=shoot)
    shoot.refresh_from_db()
    return shoot
