"""Another look for people of an order, from the photos that they gave already.

It is an order of its own that extends the first: its shoots begin with copies of the photos and of
the trained adapter, so that nobody is asked twice and nothing is trained twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.consent import releases
from accounts.models import Employee
from billing import ledger
from generation import states
from generation.models import Look, Order, Selfie, Shoot, State
from generation.ordering import orders, placed_once, short_of_credits
from generation.photos import handing_in, selfies
from generation.storage import destroy, vault
from headshots.lib.problems import Problem

LEAST_DAYS = timedelta(days=7)
UNDER_WAY = "under_way"
A_SWEEP = 500
GONE = gettext_noop("The photos had been destroyed before another look could be made of them.")


def possible(order: Order) -> QuerySet[Shoot]:
    """The shoots of an order whose people can have another look: they have not left, and photos and
    adapter are there."""
    return Shoot.objects.filter(
        order=order,
        state__in=(State.CHOOSING, State.APPROVING, State.DELIVERED),
        inputs_destroyed_at=None,
        employee__status=Employee.Status.ACTIVE,
    ).exclude(adapter="")


def under_way(*, order: Order, look: Look) -> set[UUID]:
    """The employees who are having that look made of this order's photos."""
    open_ones = Shoot.objects.filter(order__extends=order, order__look=look)
    return set(open_ones.exclude(state__in=states.ENDED).values_list("employee", flat=True))


@transaction.atomic
def place(
    *,
    actor: Actor,
    order: Order,
    look: Look,
    shoots: Sequence[Shoot],
    once_key: UUID | None = None,
) -> Order:
    """Order another look for some people of an order. Its work is begun by tasks.

    Raises Problem: nobody chosen, somebody whose photos are not there (any more) or who is having
    this look made, the order's own look, and whatever placing an order refuses.
    """
    if not shoots:
        raise Problem(_("Choose at least one person."), code="nobody", field="shoots")
    if order.direction == look.direction():
        raise Problem(
            _("That is the look of this order. Choose another."), code="same_look", field="look"
        )
    _lock_releases(shoots)
    placed_once.refuse_again(organisation=order.organisation, once_key=once_key)
    busy = under_way(order=order, look=look) & {shoot.employee_id for shoot in shoots}
    if busy:
        raise Problem(
            ngettext(
                "{n} of these people is having this look made already, and is no longer ticked.",
                "{n} of these people are having this look made already, and are no longer ticked.",
                len(busy),
            ).format(n=len(busy)),
            code=UNDER_WAY,
            field="shoots",
            status=409,
        )
    fitting = set(possible(order).values_list("pk", flat=True))
    if any(shoot.pk not in fitting for shoot in shoots):
        raise Problem(
            _(
                "Somebody chosen has left, or their photos are no longer there. Place a new order "
                "instead."
            ),
            code="photos_gone",
            status=409,
        )
    made = orders.place_order(
        actor=actor,
        organisation=order.organisation,
        look=look,
        employees=[shoot.employee for shoot in shoots],
        due_at=max(order.due_at, timezone.now() + LEAST_DAYS),
        name=f"{order.name[:80]}, {look.name}",
        invite=False,
        extends=order,
        once_key=once_key,
        cost_centre=order.cost_centre,
        po_number=order.po_number,
    )
    signed = {shoot.employee_id: shoot.release for shoot in shoots}
    for shoot in made.shoots.select_related("order__organisation", "employee"):
        states.move(
            actor=actor,
            shoot=shoot,
            to=State.COLLECTING,
            release=signed[shoot.employee_id],
        )
        async_task("generation.tasks.begin_another_look", str(shoot.pk))
    audit.record(
        actor=actor,
        organisation=order.organisation,
        action="order.another_look",
        about=made,
        extends=str(order.pk),
    )
    return made


def _lock_releases(shoots: Sequence[Shoot]) -> None:
    """Wait for whoever withdraws, who destroys in every shoot under the release: none may begin
    beside it."""
    releases.locked([shoot.release_id for shoot in shoots if shoot.release_id])


def begin(*, shoot_id: UUID) -> bool:
    """Copy photos and adapter into a shoot and hand it in. Returns whether this call did it.

    Where they were destroyed meanwhile, the shoot is cancelled with a sentence. The copies are as
    old as what they were made of, so that they are kept no longer. Where a credit is missing, that
    is noted and told, and no copies are left.
    """
    shoot = Shoot.objects.select_related("order__organisation").get(pk=shoot_id)
    if shoot.order.extends_id is None or shoot.state != State.COLLECTING:
        return False
    source = Shoot.objects.select_related("order").get(
        order=shoot.order.extends_id, employee=shoot.employee_id
    )
    photos = list(Selfie.objects.filter(shoot=source, verdict=Selfie.Verdict.ACCEPTED))
    store = vault()
    if (
        source.inputs_destroyed_at
        or len(photos) < selfies.LEAST
        or not all(store.exists(photo.file) for photo in photos)
    ):
        with transaction.atomic():
            _give_up(states.locked(shoot.pk))
        return False
    free = ledger.balance(organisation=shoot.order.organisation).available
    if free < _needed(shoot):
        short_of_credits.note(shoot=shoot)
        return False
    copies = []
    for number, photo in enumerate(photos):
        key = f"{shoot.folder}/selfies/{number}.{photo.file.rpartition('.')[2]}"
        store.put(key, store.path(photo.file))
        copies.append(
            Selfie(
                shoot=shoot,
                file=key,
                name=photo.name,
                sha256=photo.sha256,
                width=photo.width,
                height=photo.height,
                verdict=photo.verdict,
                score=photo.score,
                measures=photo.measures,
                descriptor=photo.descriptor,
            )
        )
    adapter = ""
    if source.adapter and store.exists(source.adapter):
        adapter = f"{shoot.folder}/adapter/0/{source.adapter.rpartition('/')[2]}"
        store.put(adapter, store.path(source.adapter))
    try:
        return _handed_in(shoot, source, copies, photos, adapter)
    except Problem as problem:
        if problem.code != "credits_missing":
            raise
        short_of_credits.note(shoot=shoot)
        return False


def _needed(shoot: Shoot) -> int:
    """The credits that handing it in holds."""
    return 0 if shoot.made_free_at else shoot.credits


def _handed_in(
    shoot: Shoot, source: Shoot, copies: list[Selfie], photos: list[Selfie], adapter: str
) -> bool:
    store = vault()
    with transaction.atomic():
        _lock_releases([shoot])
        source = Shoot.objects.select_for_update().get(pk=source.pk)
        locked = states.locked(shoot.pk)
        if source.inputs_destroyed_at:
            _give_up(locked)
        if locked.state in states.ENDED:
            # Whoever ended it could not see the copies.
            destroy(folders=[shoot.folder])
            return False
        if locked.state != State.COLLECTING or locked.selfies.exists():
            return False
        if not all(store.exists(key) for key in (adapter, *(c.file for c in copies)) if key):
            # Another call went in vain meanwhile and took them away.
            return False
        try:
            with transaction.atomic():
                _add_copies(locked, copies, photos)
                Shoot.objects.filter(pk=shoot.pk).update(
                    adapter=adapter, adapter_steps=source.adapter_steps if adapter else 0
                )
                handing_in.hand_in(actor=SYSTEM, shoot=locked, proven=True)
        except Problem:
            # Still under the lock: whoever calls off a shoot without rows looks for no files.
            for kind in ("selfies", "adapter"):
                store.delete_tree(f"{shoot.folder}/{kind}")
            raise
    return True


def _add_copies(shoot: Shoot, copies: list[Selfie], photos: Sequence[Selfie]) -> None:
    Selfie.objects.bulk_create(copies)
    for copy, photo in zip(copies, photos, strict=True):
        copy.created_at = photo.created_at
    Selfie.objects.bulk_update(copies, ["created_at"])


def _give_up(shoot: Shoot) -> None:
    if shoot.state == State.COLLECTING:
        states.move(actor=SYSTEM, shoot=shoot, to=State.CANCELLED, message=GONE)
        # Copies of a beginning that broke off.
        destroy(folders=[shoot.folder])


def begin_missing(*, after_s: int = 120) -> int:
    """Queue those whose task was lost or found no credits, as far as the credits go; returns how
    many. Who was queued before waits for the others, and then as long again."""
    late = timezone.now() - timedelta(seconds=after_s)
    waiting = Shoot.objects.filter(
        ~Exists(Selfie.objects.filter(shoot=OuterRef("pk"))),
        Q(begun_at=None) | Q(begun_at__lt=late),
        order__extends__isnull=False,
        state=State.COLLECTING,
        round=1,
        state_since__lt=late,
    ).select_related("order__organisation")
    left: dict[UUID, int] = {}
    ids = []
    for shoot in waiting.order_by(F("begun_at").asc(nulls_first=True), "state_since", "pk"):
        organisation = shoot.order.organisation
        if organisation.pk not in left:
            left[organisation.pk] = ledger.balance(organisation=organisation).available
        # One that is not known to be short yet finds that out by itself, and it is told.
        if shoot.short_of_credits_at and _needed(shoot) > left[organisation.pk]:
            continue
        left[organisation.pk] -= _needed(shoot)
        ids.append(shoot.pk)
        if len(ids) == A_SWEEP:
            break
    Shoot.objects.filter(pk__in=ids).update(begun_at=timezone.now())
    for shoot_id in ids:
        async_task("generation.tasks.begin_another_look", str(shoot_id))
    return len(ids)
