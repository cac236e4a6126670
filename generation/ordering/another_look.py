"""Another look for people of an order, from the photos that they gave already.

It is an order of its own that extends the first: its shoots begin with copies of the photos and of
the trained adapter, so that nobody is asked twice and nothing is trained twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import SYSTEM, Actor
from accounts.consent import releases
from generation import states
from generation.models import Look, Order, Selfie, Shoot, State
from generation.ordering import orders, placed_once, short_of_credits
from generation.photos import selfies
from generation.storage import vault
from headshots.lib.problems import Problem

LEAST_DAYS = timedelta(days=7)
UNDER_WAY = "under_way"
GONE = gettext_noop("The photos had been destroyed before another look could be made of them.")


def possible(order: Order) -> QuerySet[Shoot]:
    """The shoots of an order whose people can have another look: photos and adapter are there."""
    return Shoot.objects.filter(
        order=order,
        state__in=(State.CHOOSING, State.APPROVING, State.DELIVERED),
        inputs_destroyed_at=None,
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
            _("The photos of somebody chosen are no longer there. Place a new order instead."),
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
    old as what they were made of, so that they are kept no longer.
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
        if problem.code == "credits_missing":
            short_of_credits.note(shoot=shoot)
        raise


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
            transaction.on_commit(lambda: store.delete_tree(shoot.folder))
            return False
        if locked.state != State.COLLECTING or locked.selfies.exists():
            return False
        Selfie.objects.bulk_create(copies)
        for copy, photo in zip(copies, photos, strict=True):
            copy.created_at = photo.created_at
        Selfie.objects.bulk_update(copies, ["created_at"])
        Shoot.objects.filter(pk=shoot.pk).update(
            adapter=adapter, adapter_steps=source.adapter_steps if adapter else 0
        )
        selfies.hand_in(actor=SYSTEM, shoot=locked)
    return True


def _give_up(shoot: Shoot) -> None:
    if shoot.state == State.COLLECTING:
        states.move(actor=SYSTEM, shoot=shoot, to=State.CANCELLED, message=GONE)
        # Copies of a beginning that broke off.
        transaction.on_commit(lambda: vault().delete_tree(shoot.folder))


def begin_missing(*, after_s: int = 120) -> int:
    """Queue those whose task was lost or found no credits; returns how many."""
    late = timezone.now() - timedelta(seconds=after_s)
    waiting = Shoot.objects.filter(
        ~Exists(Selfie.objects.filter(shoot=OuterRef("pk"))),
        order__extends__isnull=False,
        state=State.COLLECTING,
        round=1,
        state_since__lt=late,
    )
    ids = list(waiting.values_list("pk", flat=True)[:500])
    for shoot_id in ids:
        async_task("generation.tasks.begin_another_look", str(shoot_id))
    return len(ids)
