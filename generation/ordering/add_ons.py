"""What can be had besides a headshot: more pictures to choose from (billing.prices)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.actors import SYSTEM, Actor
from billing import ledger, prices
from generation import states
from generation.dispatch import claims
from generation.finishing import renditions
from generation.models import Shoot, State
from generation.ordering import budgets_used, orders
from headshots.lib.problems import Problem

# Pictures that one purchase asks for, and the most that a shoot may want in all.
MORE = 4
MOST_WANTED = 12
TOO_FEW_PASSED = gettext_noop("Too few more pictures passed")


def can_have_more(shoot: Shoot) -> bool:
    """Whether more pictures can be asked for now."""
    return shoot.state in (State.CHOOSING, State.APPROVING) and shoot.wanted + MORE <= MOST_WANTED


@transaction.atomic
def more_pictures(*, actor: Actor, shoot: Shoot) -> Shoot:
    """Hold the add-on's credit and draw more pictures of this round; those that are there stay.

    A pick is taken back, as there will be more to choose from. Raises Problem while there is
    nothing to choose from, where more were asked for already, and for missing credits or budget.
    """
    shoot = states.locked(shoot.pk)
    if shoot.state not in (State.CHOOSING, State.APPROVING):
        raise Problem(
            _("More pictures can be had while there are some to choose from."),
            code="transition",
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


def settle_more(*, shoot: Shoot, passed: int) -> None:
    """Give the add-on's credit up where fewer pictures passed than it is for. In the transaction
    in which there is a choice."""
    if passed >= shoot.wanted or shoot.credits <= prices.CREDITS_A_SHOOT:
        return
    _own, key = shoot.hold_keys
    Shoot.objects.filter(pk=shoot.pk).update(credits=F("credits") - prices.MORE_PICTURES.credits)
    # Where it was ordered from the start, it is in the shoot's own hold and given back with the
    # approval, which takes what is due alone.
    ledger.release(
        actor=SYSTEM, organisation=shoot.order.organisation, source_key=key, note=TOO_FEW_PASSED
    )
