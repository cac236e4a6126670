"""Bringing those who stand out of a roster back to it, without touching who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.actors import Actor
from generation.approving import approvals
from generation.approving.rejections import Fault
from generation.finishing import consistency, finishes, refinishing, rendition_table
from generation.models import Finish, Finishing, Order, Refinish, State
from headshots.lib.problems import Problem


@dataclass(frozen=True)
class Harmonised:
    """What was begun: files rendered anew for `refinished` people, new candidates for `again`;
    `left` stand out by something in the picture itself and are delivered."""

    refinish: Refinish | None
    refinished: int
    again: int
    left: int


def harmonise(*, actor: Actor, order: Order) -> Harmonised:
    """Mend everybody who stands out: light and place by rendering anew, towards the roster's
    median; what lies in the picture itself by new candidates, where it is not delivered yet.

    Raises Problem where nobody stands out.
    """
    alike = consistency.compare(consistency.shown(order=order))
    if not alike.outliers:
        raise Problem(_("Nobody stands out; there is nothing to mend."), status=409)
    again = left = 0
    mendable = []
    for standing in alike.outliers:
        if standing.stuck:
            if _made_again(actor, standing):
                again += 1
                continue
            left += 1
        if standing.mendable:
            mendable.append(standing)
    refinish = None
    _look_anew(mendable)
    if mendable:
        refinish = refinishing.start(
            actor=actor,
            order=order,
            finish=_towards_median(actor, order, alike),
            only=[standing.headshot.shoot_id for standing in mendable],
        )
    return Harmonised(refinish, len(mendable), again, left)


def _look_anew(mendable: Sequence[consistency.Standing]) -> None:
    """Who stands out by place is not placed again by what put them there."""
    displaced = [
        standing.headshot.finishing_id
        for standing in mendable
        if standing.headshot.finishing_id
        and set(standing.outlying) & {"eye_line", "face_height", "tilt"}
    ]
    Finishing.objects.filter(pk__in=displaced).update(alignment=None)


def _made_again(actor: Actor, standing: consistency.Standing) -> bool:
    """Ask for new candidates of somebody who is not delivered, who is told so in kind words;
    whether there are more rounds."""
    if standing.headshot.shoot.state != State.APPROVING:
        return False
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
    before = finishes.of_order(order)
    return finishes.save_finish(
        actor=actor,
        organisation=order.organisation,
        look_name=before.look_name,
        plate=before.plate,
        renditions=rendition_table.rows(before.renditions),
        eye_line=before.eye_line,
        closer=before.closer,
        clothes=middle,
        logo_corner=before.logo_corner,
        frame_colour=before.frame_colour,
    )
