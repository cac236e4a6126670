"""The end of a round: its pictures are there to choose from, and credits are settled with that."""

from __future__ import annotations

from django.db.models import Count, F, Max
from django.utils.translation import gettext_noop

from accounts.actors import SYSTEM
from billing import ledger, prices
from generation import states
from generation.inviting import notices
from generation.models import Candidate, Shoot, State
from generation.ordering import promises

# Pictures that the add-on asks for.
MORE = 4
TOO_FEW_PASSED = gettext_noop("Too few more pictures passed")


def show(*, shoot: Shoot, message: str = "", fence: int | None = None) -> None:
    """Ask the employee to choose, with a sentence if there is something to say. Part of the
    transaction around it, under the shoot's lock; raises Problem where the claim was lost."""
    promises.settle(shoot=shoot)
    states.move(actor=SYSTEM, shoot=shoot, to=State.CHOOSING, fence=fence, message=message)
    settle_more(shoot=shoot)
    notices.notify(shoot=shoot, kind="choose")


def show_what_is_there(*, shoot: Shoot, message: str) -> bool:
    """The same where a round broke off, of what has passed until then; False where nothing has."""
    if not Candidate.objects.filter(shoot=shoot, passed=True).exists():
        return False
    show(shoot=shoot, message=message)
    return True


def settle_more(*, shoot: Shoot) -> None:
    """Give the add-on up, with its credit, where in no round so many passed as it is for. In the
    transaction in which there is a choice."""
    if shoot.credits <= prices.CREDITS_A_SHOOT:
        return
    rounds = Candidate.objects.filter(shoot=shoot, passed=True).order_by().values("round")
    most = rounds.annotate(n=Count("pk")).aggregate(most=Max("n"))["most"] or 0
    if most >= shoot.wanted:
        return
    _own, key = shoot.hold_keys
    # What was given up is not drawn for nothing in a later round.
    Shoot.objects.filter(pk=shoot.pk).update(
        credits=F("credits") - prices.MORE_PICTURES.credits, wanted=F("wanted") - MORE
    )
    # Where it was ordered from the start, it is in the shoot's own hold and given back with the
    # approval, which takes what is due alone.
    ledger.release(
        actor=SYSTEM, organisation=shoot.order.organisation, source_key=key, note=TOO_FEW_PASSED
    )
