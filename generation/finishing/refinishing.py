"""A new plate or crop for headshots that are there already: rendered, looked at, then in use.

No selfie, no GPU, no credit. What counts goes on counting until the new files are approved, and
that can be undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.webhooks import events
from generation.approving import alternatives, previews
from generation.finishing import consistency, finishes, in_turn, renditions
from generation.models import (
    ENDED,
    Finish,
    Finishing,
    Headshot,
    Look,
    Order,
    Refinish,
    Shoot,
    State,
)
from headshots.lib.problems import Problem

_SHOWN = (State.APPROVING, State.DELIVERED, State.OPTED_OUT)


@dataclass(frozen=True)
class Progress:
    """How far a refinish is: headshots in all, rendered, failed."""

    total: int
    done: int
    failed: int

    @property
    def waiting(self) -> int:
        return self.total - self.done - self.failed

    @property
    def percent(self) -> int:
        return round(100 * (self.total - self.waiting) / self.total) if self.total else 100


def progress(refinish: Refinish) -> Progress:
    """Counts of a refinish."""
    return progress_of([refinish])[refinish.pk]


def progress_of(rows: Sequence[Refinish]) -> dict[UUID, Progress]:
    """Counts of several by key, in one query."""
    counted: dict[UUID, dict[str, int]] = {row.pk: {} for row in rows}
    found = Finishing.objects.filter(refinish__in=rows).order_by()
    for refinish, state, number in found.values_list("refinish", "state").annotate(Count("pk")):
        counted[refinish][state] = number
    return {
        key: Progress(
            total=sum(counts.values()),
            done=counts.get(Finishing.State.DONE, 0),
            failed=counts.get(Finishing.State.FAILED, 0),
        )
        for key, counts in counted.items()
    }


def start(
    *, actor: Actor, order: Order, finish: Finish, only: Iterable[UUID] | None = None
) -> Refinish:
    """Render an order's headshots that are not in a finish yet in it; with `only`, those of these
    shoots. Of an order without headshots the finish is in use at once: what people choose from and
    what was given instead is made anew, and there is nothing to compare.

    Raises Problem where one is under way or there is nothing to render.
    """
    refuse_open(order)
    headshots = Headshot.objects.filter(shoot__order=order, shoot__state__in=_SHOWN)
    if only is not None:
        headshots = headshots.filter(shoot__in=list(only))
    found = list(
        headshots.select_related(
            "shoot__order__look", "shoot__order__organisation", "candidate", "finishing__finish"
        )
    )
    if not found:
        if only is None and _lags(order, finish):
            return _use_at_once(actor, order, finish)
        raise Problem(
            _("There are no headshots to render yet; new ones will come in the newest finish."),
            code="nothing",
            status=409,
        )
    chosen = [headshot for headshot in found if not _is_in(headshot, finish)]
    if not chosen:
        raise Problem(_("The headshots are in this finish already."), code="same", status=409)
    try:
        with transaction.atomic():
            refinish = Refinish.objects.create(
                order=order, finish=finish, before=finishes.of_order(order), made_by=actor.user
            )
            for headshot in chosen:
                renditions.begin(
                    headshot=headshot, finish=finish, refinish=refinish, among_many=True
                )
            in_turn.begin(order_id=order.pk)
            audit.record(
                actor=actor,
                organisation=order.organisation,
                action="order.refinish_started",
                about=order,
                headshots=len(chosen),
                finish=finish.version,
            )
            return refinish
    except IntegrityError:
        raise _open() from None


def _is_in(headshot: Headshot, finish: Finish) -> bool:
    """Whether the files that count are in a finish, or in it and harmonised."""
    return headshot.finishing is not None and finish.pk in (
        headshot.finishing.finish_id,
        headshot.finishing.finish.harmonises_id,
    )


def _lags(order: Order, finish: Finish) -> bool:
    """Whether something of an order was made in another finish already, be it a preview."""
    return order.finish is not None and finish.pk not in (
        order.finish_id,
        order.finish.harmonises_id,
    )


@transaction.atomic
def _use_at_once(actor: Actor, order: Order, finish: Finish) -> Refinish:
    refinish = Refinish.objects.create(
        order=order, finish=finish, before=order.finish, made_by=actor.user
    )
    _use(order, finish)
    _decided(actor, refinish, Refinish.State.APPROVED, headshots=0)
    return refinish


def _use(order: Order, finish: Finish | None) -> None:
    """Have an order come in a finish from now on, with what is not a headshot of it."""
    order.finish = finish
    order.save(update_fields=["finish"])
    _render_late(order)
    previews.begin_of_order(order=order)
    alternatives.begin_anew(order=order)


def behind(*, look: Look, finish: Finish) -> QuerySet[Order]:
    """The orders of a look, in any of its versions, in which somebody's headshot is not in a
    finish yet, and those in another one in which nobody has a headshot, but somebody can have one
    or gave something instead."""
    headshots = Headshot.objects.filter(
        shoot__order__organisation=look.organisation_id,
        shoot__order__look__name=look.name,
        shoot__state__in=_SHOWN,
    )
    there = Q(finishing__finish=finish) | Q(finishing__finish__harmonises=finish)
    orders = headshots.exclude(pk__in=headshots.filter(there)).values("shoot__order")
    lagging = (
        Order.objects.filter(organisation=look.organisation_id, look__name=look.name)
        .exclude(finish=None)
        .exclude(finish=finish)
        .exclude(finish__in=Finish.objects.filter(harmonises=finish))
        .exclude(pk__in=headshots.values("shoot__order"))
    )
    here = Shoot.objects.filter(order=OuterRef("pk"))
    awaited = Exists(here.exclude(state__in=ENDED))
    given = Exists(
        here.filter(state=State.OPTED_OUT, alternative__isnull=False).exclude(
            alternative__finished=""
        )
    )
    return Order.objects.filter(
        Q(pk__in=orders) | Q(pk__in=lagging.filter(awaited | given).values("pk"))
    )


def refuse_open(order: Order) -> None:
    """Raise Problem (409) where a rendering of an order is undecided."""
    if Refinish.objects.filter(order=order, state=Refinish.State.RENDERING).exists():
        raise _open()


def _open() -> Problem:
    return Problem(
        _("Headshots of this order are being rendered. Use or discard those first."),
        code="refinish_open",
        status=409,
    )


def _locked(refinish: Refinish) -> Refinish:
    return (
        Refinish.objects.select_for_update(of=("self",))
        .select_related("order__organisation", "order__finish", "finish", "before")
        .get(pk=refinish.pk)
    )


@transaction.atomic
def approve(*, actor: Actor, refinish: Refinish) -> int:
    """Use the new files; returns of how many headshots. What could not be rendered keeps its old
    files, and who picked since it was begun is rendered in it, too. Twice is once. Raises Problem
    while some are being rendered."""
    refinish = _locked(refinish)
    if refinish.state == Refinish.State.APPROVED:
        return 0
    _refuse_closed(refinish)
    if progress(refinish).waiting:
        raise Problem(
            _("Some headshots are still being rendered. Wait a moment and try again."),
            code="rendering",
            status=409,
        )
    done = list(
        Finishing.objects.filter(refinish=refinish, state=Finishing.State.DONE).select_related(
            "headshot"
        )
    )
    if not done:
        raise Problem(
            _("None of the headshots could be rendered; the reasons stand beside them."),
            code="nothing",
            status=409,
        )
    for finishing in done:
        finishing.replaced_id = finishing.headshot.finishing_id
        finishing.headshot.finishing = finishing
    Finishing.objects.bulk_update(done, ["replaced"])
    Headshot.objects.bulk_update([finishing.headshot for finishing in done], ["finishing"])
    order = refinish.order
    _tell(order, done)
    _use(order, refinish.finish)
    _decided(actor, refinish, Refinish.State.APPROVED, headshots=len(done))
    _drop_older(order)
    consistency.note(order=order)
    return len(done)


def _render_late(order: Order) -> None:
    """Render who picked since the order's finish was tried, or before it was undone: they were
    begun in the other one.

    Where the finish harmonises, the others are meant to keep the one that it came from.
    """
    if order.finish is None:
        return
    ours = (order.finish_id, order.finish.harmonises_id)
    late = (
        Headshot.objects.filter(shoot__order=order, shoot__state__in=_SHOWN)
        .exclude(finishing__finish__in=[pk for pk in ours if pk])
        .exclude(finishing__finish__harmonises__in=[pk for pk in ours if pk])
        .select_related("shoot__order__look", "shoot__order__organisation", "candidate")
    )
    begun = 0
    for headshot in late:
        there = headshot.finishings.filter(finish=order.finish, candidate=headshot.candidate)
        if made := there.first():
            if made.state == Finishing.State.DONE:
                Headshot.objects.filter(pk=headshot.pk).update(finishing=made)
                _tell(order, [made])
            continue
        # What is still being rendered in the finish before would count over this.
        renditions.drop_finishings(
            finishings=headshot.finishings.filter(state=Finishing.State.WAITING)
        )
        renditions.begin(headshot=headshot, finish=order.finish, among_many=True)
        begun += 1
    if begun:
        in_turn.begin(order_id=order.pk)


def _tell(order: Order, changed: Iterable[Finishing]) -> None:
    events.emit_all(
        organisation=order.organisation,
        type="headshot.finished",
        resources=[finishing.headshot for finishing in changed],
    )


def _drop_older(order: Order) -> None:
    """Of each headshot the files that count and those before them stay, for undo."""
    counting = Headshot.objects.filter(shoot__order=order).exclude(finishing=None)
    kept = set(counting.values_list("finishing_id", "finishing__replaced_id"))
    old = Finishing.objects.filter(
        headshot__shoot__order=order, state=Finishing.State.DONE
    ).exclude(pk__in={pk for pair in kept for pk in pair if pk})
    renditions.drop_finishings(finishings=old.exclude(refinish__state=Refinish.State.RENDERING))


@transaction.atomic
def undo(*, actor: Actor, refinish: Refinish) -> int:
    """Use the files from before again; returns of how many headshots. Who has none from before is
    rendered as they are.

    Raises Problem where it is not the newest in use.
    """
    refinish = _locked(refinish)
    newest = Refinish.objects.filter(order=refinish.order, state=Refinish.State.APPROVED).first()
    if newest is None or newest.pk != refinish.pk or refinish.order.finish_id != refinish.finish_id:
        raise Problem(
            _("The headshots have changed since; undo the newest change first."),
            code="stale",
            status=409,
        )
    back = [
        finishing
        for finishing in Finishing.objects.filter(refinish=refinish).select_related("headshot")
        if finishing.replaced_id and finishing.headshot.finishing_id == finishing.pk
    ]
    for finishing in back:
        finishing.headshot.finishing_id = finishing.replaced_id
    Headshot.objects.bulk_update([finishing.headshot for finishing in back], ["finishing"])
    order = refinish.order
    _tell(order, back)
    _use(order, refinish.before)
    _decided(actor, refinish, Refinish.State.UNDONE, headshots=len(back))
    consistency.note(order=order)
    return len(back)


@transaction.atomic
def discard(*, actor: Actor, refinish: Refinish) -> None:
    """Throw the new files away; what counts stays as it is."""
    refinish = _locked(refinish)
    _refuse_closed(refinish)
    renditions.drop_finishings(finishings=Finishing.objects.filter(refinish=refinish))
    _decided(actor, refinish, Refinish.State.DISCARDED)


@transaction.atomic
def try_again(*, actor: Actor, refinish: Refinish) -> int:
    """Render those once more that failed; returns how many."""
    refinish = _locked(refinish)
    _refuse_closed(refinish)
    failed = Finishing.objects.filter(
        refinish=refinish, state=Finishing.State.FAILED
    ).select_related("headshot__shoot__order__look", "headshot__candidate", "finish")
    count = 0
    for finishing in failed:
        renditions.begin(
            headshot=finishing.headshot,
            finish=finishing.finish,
            refinish=refinish,
            among_many=True,
        )
        count += 1
    in_turn.begin(order_id=refinish.order_id)
    return count


def _refuse_closed(refinish: Refinish) -> None:
    if refinish.state != Refinish.State.RENDERING:
        raise Problem(
            _("This has been decided already. Load the page again."), code="stale", status=409
        )


def _decided(actor: Actor, refinish: Refinish, state: Refinish.State, **details: int) -> None:
    refinish.state = state
    refinish.decided_at = timezone.now()
    refinish.save(update_fields=["state", "decided_at"])
    audit.record(
        actor=actor,
        organisation=refinish.order.organisation,
        action=f"order.refinish_{state}",
        about=refinish.order,
        finish=refinish.finish.version,
        **details,
    )
