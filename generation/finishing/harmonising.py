"""Bringing those who stand out of a roster back to it, without touching who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from generation.approving import approvals
from generation.approving.rejections import Fault
from generation.finishing import (
    consistency,
    finishes,
    refinishing,
    staff_consistency,
    walls,
)
from generation.finishing.consistency import Standing
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
def harmonise(*, actor: Actor, order: Order, among_staff: bool = False) -> Harmonised:
    """Mend everybody of an order who stands out on its wall, or `among_staff` on the staff wall:
    light and place by rendering anew, towards the others' median; what that cannot mend, or has
    not mended, by new candidates, where it is not delivered yet and they can be made. All of it or
    nothing.

    Raises Problem where nobody stands out, and where a rendering of the order is undecided.
    """
    refinishing.refuse_open(order)
    outliers, people = _among_staff(order) if among_staff else _among_order(order)
    if not outliers:
        raise Problem(_("Nobody stands out; there is nothing to mend."), code="nothing", status=409)
    again = left = spent = 0
    mendable = []
    for standing in outliers:
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
            finish=_towards_median(actor, order, people),
            only=[standing.headshot.shoot_id for standing in mendable],
        )
        _look_anew(refinish, mendable)
    return Harmonised(refinish, len(mendable), again, left, spent)


def _among_order(order: Order) -> tuple[list[Standing], Sequence[Standing]]:
    """Who stands out on an order's wall, and whom they are compared with."""
    alike = consistency.compare(consistency.shown(order=order))
    return alike.outliers, alike.people


def _among_staff(order: Order) -> tuple[list[Standing], Sequence[Standing]]:
    """The same on the staff wall: those of the order in the part that most of them hang in, as all
    of them are rendered in one finish."""
    staff = staff_consistency.compare(walls.of_staff(order.organisation))
    theirs = [
        ([one for one in part.alike.outliers if one.headshot.shoot.order_id == order.pk], part)
        for part in staff.parts
    ]
    outliers, part = max(theirs, key=lambda pair: len(pair[0]), default=([], None))
    return outliers, part.alike.people if part else []


def _harmonised_before(standing: Standing) -> bool:
    """Whether the files that stand out came of harmonising; doing it again gives the same."""
    finishing = standing.headshot.finishing
    return finishing is not None and finishing.finish.harmonises_id is not None


def _beyond_mending(standing: Standing) -> bool:
    """Whether somebody would stand out after rendering anew, too: by light from the side, or by
    clothes further from the others' than they can be moved."""
    from generation.engine.finishing import ToneSpec

    if standing.stuck:
        return True
    away = abs(standing.deviations.get("brightness", 0.0))
    moved = min(away * ToneSpec.strength, ToneSpec.reach)
    return away - moved > consistency.OUTLYING * consistency.BOUNDS["brightness"]


def _look_anew(refinish: Refinish, mendable: Sequence[Standing]) -> None:
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


def _made_again(actor: Actor, standing: Standing) -> bool:
    """Ask for new candidates of somebody who is not delivered, who is told so in kind words;
    whether they can be made."""
    try:
        approvals.make_anew(actor=actor, shoot=standing.headshot.shoot, fault=Fault.OTHER)
    except Problem:
        return False
    return True


def _towards_median(actor: Actor, order: Order, people: Sequence[Standing]) -> Finish:
    """The order's finish with these people's median clothes as what light is brought to."""
    from statistics import median

    worn = [
        standing.headshot.finishing.measures["clothes"]
        for standing in people
        if standing.headshot.finishing
        and standing.headshot.finishing.measures
        and standing.headshot.finishing.measures.get("clothes")
    ]
    middle = [median(lab[at] for lab in worn) for at in range(3)] if worn else None
    return finishes.harmonising(actor=actor, finish=finishes.of_order(order), clothes=middle)
