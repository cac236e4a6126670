"""Destroying what is no longer needed of a person: photos, measurements, adapters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Exists, F, JSONField, OuterRef, Q, TextField, Value
from django.db.models.expressions import CombinedExpression
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.consent.releases import RETENTION_DAYS
from generation import states
from generation.finishing import wall_pictures, walls
from generation.finishing.walls import Wall
from generation.inviting import notices
from generation.leaving import shared_files
from generation.models import Candidate, Headshot, Order, Selfie, Shoot, State, Upload
from generation.ordering import settling
from generation.ordering.lapsed import lapsed
from generation.photos import together
from generation.storage import destroy, staff_walls_folder, vault

# How long after somebody left their folder is looked into again.
REMAINS = timedelta(days=1)
JUST_NOW = timedelta(minutes=5)
RECEIPTS_EVERY = timedelta(hours=1)
# Nothing may be kept for longer than this after it was uploaded: the release says so.
LONGEST = timedelta(days=RETENTION_DAYS)
# Its last day is for work that is under way, which may then come to its end.
RESERVE = timedelta(days=1)
A_SWEEP = 200
# What stands in a receipt of a picture that was compared with no colleague.
_NOBODY = {"best_colleague": None, "likeness_best_colleague": None}
KEPT_LONG_ENOUGH = gettext_noop(
    "As you were promised, your photos were destroyed at most 30 days after you had uploaded "
    "them. Please upload new ones, so that your headshot can be made."
)


def destroy_inputs(
    *, actor: Actor, shoot: Shoot, results_too: bool = False, among_others: bool = True
) -> None:
    """Destroy a shoot's photos, face measurements and adapter; with `results_too`, its pictures,
    also where they stand among those of others (not `among_others`: they stand nowhere else).

    Rows go first and files after the commit: a file without a row is found again as a stray, a
    row without a file would lie.
    """
    folders = [f"{shoot.folder}/{name}" for name in ("selfies", "adapter", "uploads")]
    with transaction.atomic():
        shoot = states.locked(shoot.pk)
        Selfie.objects.filter(shoot=shoot).delete()
        Upload.objects.filter(shoot=shoot).delete()
        Shoot.objects.filter(pk=shoot.pk).update(adapter="", inputs_destroyed_at=timezone.now())
        if results_too:
            Headshot.objects.filter(shoot=shoot).delete()
            _count_destroyed(shoot)
            Candidate.objects.filter(shoot=shoot).delete()
            folders = [shoot.folder]
            if among_others:
                shared_files.forget(order=shoot.order)
        audit.record(
            actor=actor,
            organisation=shoot.order.organisation,
            action="shoot.inputs_destroyed",
            about=shoot,
            results_too=results_too,
        )
        destroy(folders=folders)
    if results_too:
        _forget_after_commit(shoot)


def _forget_after_commit(shoot: Shoot) -> None:
    def forget() -> None:
        _forget_among_colleagues(shoots=[shoot.pk], orders=[shoot.order_id])

    transaction.on_commit(forget, robust=True)


def _forget_among_colleagues(*, shoots: Sequence[UUID], orders: Sequence[UUID]) -> None:
    """Take out of colleagues' receipts who was nearest to their pictures and how near, where it
    was one of these.

    In a transaction of its own that waits for nobody, as colleagues who leave at once have the
    same rows; what it comes past is found by the sweep.
    """
    with transaction.atomic():
        found = Candidate.objects.filter(
            shoot__order__in=orders, receipt__best_colleague__in=[str(pk) for pk in shoots]
        ).select_for_update(of=("self",), skip_locked=True)
        without = CombinedExpression(
            F("receipt"), "-", Value(Candidate.LIKE_LATER, TextField()), JSONField()
        )
        Candidate.objects.filter(pk__in=list(found.values_list("pk", flat=True))).update(
            likeness_best_colleague=None,
            receipt=CombinedExpression(without, "||", Value(_NOBODY, JSONField())),
        )


def _count_destroyed(shoot: Shoot) -> None:
    made = Candidate.objects.filter(shoot=shoot).aggregate(
        all=Count("pk"), refused=Count("pk", filter=Q(passed=False))
    )
    Shoot.objects.filter(pk=shoot.pk).update(
        destroyed=F("destroyed") + made["all"],
        destroyed_refused=F("destroyed_refused") + made["refused"],
    )


def clear_remains() -> int:
    """Destroy what was put down for somebody who had left meanwhile; returns how many files.

    A worker notices within a heartbeat that its claim is lost; what it wrote until then has no
    row and lies in the shoot's folder, but for a colleague's receipt that names them. A wall that
    was being drawn may show them still.
    """
    lately = timezone.now() - REMAINS
    gone = list(
        Shoot.objects.filter(state__in=(State.OPTED_OUT, State.WITHDRAWN), state_since__gt=lately)
        .select_related("order")
        .order_by("-state_since")[:1000]
    )
    cleared = sum(vault().delete_tree(shoot.folder) for shoot in gone)
    _forget_in_receipts(gone)
    return cleared + _clear_walls({shoot.order_id for shoot in gone})


def _clear_walls(order_ids: Collection[UUID]) -> int:
    """Destroy drawn walls of these orders, and of their whole staff, that hang so no more."""
    orders = Order.objects.filter(pk__in=order_ids).select_related("organisation", "look")
    cleared = 0
    for order in orders:
        if drawn := list(vault().keys(order.walls_folder)):
            cleared += _take_down(drawn, [walls.of_order(order)])
    for organisation in {order.organisation for order in orders}:
        if drawn := list(vault().keys(staff_walls_folder(organisation.pk))):
            cleared += _take_down(drawn, walls.of_staff(organisation).with_parts())
    return cleared


def _take_down(drawn: Sequence[str], hanging: Sequence[Wall]) -> int:
    hang = set().union(*(wall_pictures.hanging_keys(wall=wall) for wall in hanging))
    return sum(vault().delete(key) for key in drawn if key not in hang)


def _forget_in_receipts(gone: Sequence[Shoot]) -> None:
    """Look through colleagues' receipts, which no index answers: for whoever has just left, and
    for the others every RECEIPTS_EVERY, as a worker may be at colleagues' pictures for long."""
    if cache.add("receipts-searched", True, RECEIPTS_EVERY.total_seconds()):
        those = list(gone)
    else:
        just_now = timezone.now() - JUST_NOW
        those = [shoot for shoot in gone if shoot.state_since > just_now]
    if those:
        _forget_among_colleagues(
            shoots=[shoot.pk for shoot in those], orders=list({shoot.order_id for shoot in those})
        )


def sweep() -> dict[str, int]:
    """Destroy the inputs of ended shoots once their whole order has ended but for who never
    answered, with the pictures where none was handed out, and of every shoot before LONGEST has
    passed."""
    # Nothing is said to be destroyed while there is nothing to destroy it in.
    vault().confirm()
    open_in_order = Shoot.objects.filter(~lapsed(), order=OuterRef("order")).exclude(
        state__in=states.ENDED
    )
    in_vain = (State.FAILED, State.CANCELLED)
    over = Shoot.objects.filter(
        ~Exists(open_in_order),
        Exists(Selfie.objects.filter(shoot=OuterRef("pk")))
        | Q(Exists(Candidate.objects.filter(shoot=OuterRef("pk"))), state__in=in_vain),
        state__in=states.ENDED,
    )
    destroyed = _destroy_old(timezone.now())
    for shoot in over[:A_SWEEP]:
        # A headshot that was never approved is in no ZIP.
        destroy_inputs(
            actor=SYSTEM,
            shoot=shoot,
            results_too=shoot.state in in_vain,
            among_others=shoot.state not in in_vain,
        )
        destroyed += 1
    return {
        "inputs_destroyed": destroyed,
        "remains_cleared": clear_remains(),
        "unfinished_cleared": vault().clear_unfinished(),
    }


def _destroy_old(now: datetime) -> int:
    """Destroy what has been kept long enough, whatever its shoot is at; returns of how many.

    Work under way has the last day to end in; then it is broken off, and whoever has pictures
    from before chooses of those. Somebody who collects loses the old photos alone and reads why;
    who chooses goes on choosing, as the pictures stay.
    """
    aged = Shoot.objects.filter(
        Q(_has_older(now - LONGEST)) | ~Q(state__in=states.WORKING),
        _has_older(now - LONGEST + RESERVE),
    )
    keys = list(aged.order_by("pk").values_list("pk", flat=True)[:A_SWEEP])
    for key in keys:
        with transaction.atomic():
            shoot = states.locked(key)
            if shoot.state in states.WORKING:
                if not settling.show_what_is_there(shoot=shoot, message=states.PHOTOS_WENT):
                    states.move(
                        actor=SYSTEM,
                        shoot=shoot,
                        to=State.COLLECTING,
                        message=KEPT_LONG_ENOUGH,
                        adapter="",
                        round=shoot.round + 1,
                    )
                    notices.notify(shoot=shoot, kind="photos_gone")
                destroy_inputs(actor=SYSTEM, shoot=shoot)
            elif shoot.state == State.COLLECTING:
                _destroy_old_photos(shoot, now - LONGEST + RESERVE)
            else:
                destroy_inputs(actor=SYSTEM, shoot=shoot)
    return len(keys)


def _has_older(than: datetime) -> Exists:
    return Exists(Selfie.objects.filter(shoot=OuterRef("pk"), created_at__lt=than))


def _destroy_old_photos(shoot: Shoot, before: datetime) -> None:
    """Of a shoot that collects, destroy the photos uploaded before then and what was trained of
    them, and say so."""
    old = Selfie.objects.filter(shoot=shoot, created_at__lt=before)
    files = list(old.values_list("file", flat=True))
    old.delete()
    together.regroup(shoot=shoot)
    Shoot.objects.filter(pk=shoot.pk).update(message=KEPT_LONG_ENOUGH, adapter="")
    audit.record(
        actor=SYSTEM,
        organisation=shoot.order.organisation,
        action="shoot.inputs_destroyed",
        about=shoot,
        results_too=False,
    )
    if shoot.order.due_at > timezone.now():
        notices.notify(shoot=shoot, kind="photos_gone")
    destroy(keys=files, folders=[f"{shoot.folder}/adapter"])
