"""Bringing those who stand out of a roster back to it, without touching who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from generation.approving import approvals
from generation.approving.rejections import Fault
from generation.finishing import consistency, finishes, refinishing
from generation.models import Finish, Finishing, Order, Refinish, State
from headshots.lib.problems import Problem


@dataclass(frozen=True)
class Harmonised:
    """What was begun: files rendered anew for `refinished` people, new candidates for `again`.
    By something in the picture itself stand out `left`, who are delivered, and `spent`, of whom
    nothing new can be made: no round is left, or their photos are destroyed."""

    refinish: Refinish | None
    refinished: int
    again: int
    left: int
    spent: int


@transaction.atomic
def harmonise(*, actor: Actor, order: Order) -> Harmonised:
    """Mend everybody who stands out: light and place by rendering anew, towards the roster's
    median; what that cannot mend, or has not mended, by new candidates, where it is not delivered
    yet and they can be made. All of it or nothing.

    Raises Problem where nobody stands out, and where a rendering of the order is undecided.
    """
    refinishing.refuse_open(order)
    alike = consistency.compare(consistency.shown(order=order))
    if not alike.outliers:
        raise Problem(_("Nobody stands out; there is nothing to mend."), code="nothing", status=409)
    again = left = spent = 0
    mendable = []
    for standing in alike.outliers:
        tried = _harmonised_before(standing)
        if tried or _beyond_mending(standing):
            if standing.headshot.shoot.state != State.APPROVING:
                left += 1
            elif _made_again(actor, standing):
                again += 1
                continue
            else:
                spent += 1
        if standing.mendable and not tried:
            mendable.append(standing)
    refinish = None
    if mendable:
        refinish = refinishing.start(
            actor=actor,
            order=order,
            finish=_towards_median(actor, order, alike),
            only=[standing.headshot.shoot_id for standing in mendable],
        )
        _look_anew(refinish, mendable)
    return Harmonised(refinish, len(mendable), again, left, spent)


def _harmonised_before(standing: consistency.Standing) -> bool:
    """Whether the files that stand out came of harmonising; doing it again gives the same."""
    finishing = standing.headshot.finishing
    return finishing is not None and finishing.finish.harmonises_id is not None


def _beyond_mending(standing: consistency.Standing) -> bool:
    """Whether somebody would stand out after rendering anew, too: by light from the side, or by
    clothes further from the others' than they can be moved."""
    from generation.engine.finishing import ToneSpec

    if standing.stuck:
        return True
    away = abs(standing.deviations.get("brightness", 0.0))
    moved = min(away * ToneSpec.strength, ToneSpec.reach)
    return away - moved > consistency.OUTLYING * consistency.BOUNDS["brightness"]


def _look_anew(refinish: Refinish, mendable: Sequence[consistency.Standing]) -> None:
    """Who stands out by place is placed by where their face was seen in the finished picture, not
    by what put it there, and looked for anew."""
    displaced = {
        standing.headshot.pk
        for standing in mendable
        if set(standing.outlying) & {"eye_line", "face_height", "tilt"}
    }
    for finishing in Finishing.objects.filter(
        refinish=refinish, headshot__in=displaced
    ).select_related("headshot__finishing"):
        before = finishing.headshot.finishing
        if before is not None and before.alignment and before.alignment.get("seen"):
            seen = before.alignment["seen"]["landmarks"]
            finishing.alignment = {"placed": seen, "seen": None}
            finishing.save(update_fields=["alignment"])


def _made_again(actor: Actor, standing: consistency.Standing) -> bool:
    """Ask for new candidates of somebody who is not delivered, who is told so in kind words;
    whether they can be made."""
    try:
        approvals.make_anew(actor=actor, shoot=standing.headshot.shoot, fault=Fault.OTHER)
    except Problem:
        return False
    return True


def _towards_median(actor: Actor, order: Order, alike: consistency.Alike) -> Finish:
    """The order's finish with the roster's median clothes as what light is brought to."""
    from statistics import median

    worn = [
        standing.headshot.finishing.measures["clothes"]
        for standing in alike.people
        if standing.headshot.finishing
        and standing.headshot.finishing.measures
        and standing.headshot.finishing.measures.get("clothes")
    ]
    middle = [median(lab[at] for lab in worn) for at in range(3)] if worn else None
    return finishes.harmonising(actor=actor, finish=finishes.of_order(order), clothes=middle)
