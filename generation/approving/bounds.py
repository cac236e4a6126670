"""Which headshots an administrator may approve without looking at each: those inside the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from accounts.actors import Actor
from generation.approving import at_once, later_colleagues
from generation.finishing import consistency, noted, renditions
from generation.models import (
    Candidate,
    Finishing,
    Headshot,
    Order,
    Refinish,
    Rendition,
    Shoot,
    State,
)
from generation.ordering import funnel

# The face encoder's distance to the person's own photos up to which nobody needs to look twice.
LIKENESS = 0.45
EVERYBODY = funnel.Wanted()


@dataclass
class Judged:
    """A headshot that awaits approval; `reasons` says why somebody should look at it."""

    headshot: Headshot
    reasons: list[str] = field(default_factory=list)
    # What would be delivered, as soon as it is rendered.
    file: Rendition | None = None

    @property
    def inside(self) -> bool:
        return not self.reasons


def awaiting(*, order: Order, wanted: funnel.Wanted = EVERYBODY) -> list[Judged]:
    """Everybody of an order who awaits approval, or those of them who are `wanted`, by name, each
    held against the bounds."""
    theirs = funnel.narrow(Shoot.objects.filter(order=order, state=State.APPROVING), wanted)
    rows = list(
        Headshot.objects.filter(shoot__in=theirs)
        .select_related("candidate", "shoot__employee", "finishing__finish")
        .prefetch_related(
            "finishing__renditions",
            # What an undecided or discarded change of plate tries is not what would be delivered.
            Prefetch(
                "finishings",
                Finishing.objects.exclude(
                    refinish__state__in=(Refinish.State.RENDERING, Refinish.State.DISCARDED)
                ),
            ),
        )
        .order_by("shoot__employee__last_name", "shoot__employee__first_name", "pk")
    )
    standing_out = _standing_out(order)
    uncompared = set(later_colleagues.uncompared(order=order))
    judged = []
    for row in rows:
        reasons = [*_of_picture(row), *standing_out.get(row.pk, [])]
        if row.pk in uncompared:
            reasons.append(_("It is still to be compared with colleagues who gave photos later."))
        judged.append(Judged(row, reasons, renditions.main(row)))
    return judged


def _of_picture(headshot: Headshot) -> list[str]:
    candidate = headshot.candidate
    reasons = []
    if candidate.likeness_own is None:
        reasons.append(_("The likeness was not measured."))
    elif candidate.likeness_own > LIKENESS:
        reasons.append(
            _("Likeness {value}; up to {most} is close.").format(
                value=f"{candidate.likeness_own:.2f}", most=f"{LIKENESS:.2f}"
            )
        )
    if candidate.receipt.get("flags"):
        reasons.append(_("The check flagged skin, hair, glasses or clothes."))
    if candidate.receipt.get(Candidate.LIKE_LATER):
        reasons.append(_("It looks as much like a colleague who gave photos later."))
    return [*reasons, *_of_files(headshot)]


def _of_files(headshot: Headshot) -> list[str]:
    """What keeps the files of what was picked from being delivered unseen."""
    tried = [f for f in headshot.finishings.all() if f.candidate_id == headshot.candidate_id]
    newest = max(tried, key=lambda f: (f.created_at, f.pk), default=None)
    if newest is not None and newest.state == Finishing.State.FAILED:
        return [newest.sentence]
    counts = headshot.finishing
    if newest is None or newest.state == Finishing.State.WAITING or counts is None:
        return [_("The files are not rendered yet.")]
    unknown = [] if counts.measures else [_("Its place and light could not be measured.")]
    return [*unknown, *noted.flaws(counts.notes)]


def _standing_out(order: Order) -> dict[UUID, Sequence[str]]:
    """What stands out against the roster, in words, by headshot."""
    alike = consistency.compare(consistency.shown(order=order))
    return {standing.headshot.pk: standing.reasons for standing in alike.outliers}


def approve_inside(
    *, actor: Actor, order: Order, wanted: funnel.Wanted = EVERYBODY
) -> tuple[at_once.Outcome, list[Judged]]:
    """Approve everybody inside the bounds, or those of them who are `wanted`; returns how many,
    and who is left with the reasons.

    Somebody who changed their mind in this moment is left, too.
    """
    judged = awaiting(order=order, wanted=wanted)
    picks = [(j.headshot.shoot_id, j.headshot.candidate_id) for j in judged if j.inside]
    outcome = at_once.approve(actor=actor, picks=picks)
    for one in judged:
        if sentence := outcome.refused.get(one.headshot.shoot_id):
            one.reasons.append(sentence)
    return outcome, [one for one in judged if not one.inside]
