"""ZIPs of approved headshots that are made in the background, with progress."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from accounts import audit
from accounts.actors import Actor
from accounts.models import Organisation
from accounts.webhooks import events
from generation.delivering import delivery
from generation.delivering.told import EVERYTHING, Told
from generation.models import Export, Order
from generation.storage import vault
from headshots.lib.problems import Problem
from headshots.lib.zip_stream import zip_stream

LIFE = timedelta(hours=24)
MOST_OPEN = 20
MOST_ATTEMPTS = 3
LOST_AFTER = timedelta(minutes=10)
_TELL_EVERY = 10
# A large order takes longer to pack than a task of the default cluster has; still less than until
# its message is handed out again.
_TASK_S = 1500


@transaction.atomic
def begin(
    *,
    actor: Actor,
    organisation: Organisation,
    order: Order,
    wanted: Sequence[str] = (),
    told: Told = EVERYTHING,
) -> Export:
    """Have an order's approved headshots packed, in all renditions or those that are wanted, with
    a list that says as much of people as is `told` now. Raises Problem where none is approved yet,
    MOST_OPEN exports are under way, or the order has no such rendition."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    open_ones = Export.objects.filter(organisation=organisation, state__in=["waiting", "making"])
    if open_ones.count() >= MOST_OPEN:
        raise Problem(
            _("{most_open} exports are under way. Wait for one.").format(most_open=MOST_OPEN),
            code="too_many",
        )
    kinds = delivery.chosen_kinds(order=order, wanted=wanted) if wanted else []
    parcel = delivery.pack(order=order, wanted=kinds)
    if not parcel.named:
        raise Problem(
            _("No headshot of this order is approved yet."), code="nothing_approved", status=409
        )
    export = Export.objects.create(
        organisation=organisation,
        order=order,
        kinds=kinds,
        total=len(parcel.files),
        contacts=told.contacts,
        everybody=told.everybody,
        actor_kind=actor.kind,
        actor_name=actor.name[:200],
        expires_at=timezone.now() + LIFE,
    )
    audit.record(
        actor=actor,
        organisation=organisation,
        action="export.begun",
        about=export,
        order=str(order.pk),
    )
    _queue(export.pk)
    return export


def _queue(export_id: UUID) -> None:
    async_task("generation.tasks.make_export", str(export_id), timeout=_TASK_S)


def make(*, export_id: UUID) -> None:
    """Write the ZIP. Runs in a task; does no harm when run twice.

    One at a time for each two workers of a host: where others are being made it waits, and the
    sweep queues it again, so that they do not keep mail and photos waiting.
    """
    now = timezone.now()
    busy = Export.objects.filter(state="making", updated_at__gt=now - LOST_AFTER)
    if busy.exclude(pk=export_id).count() >= max(1, settings.Q_CLUSTER["workers"] // 2):
        return
    lost = Q(state="making", updated_at__lt=now - LOST_AFTER)
    mine = Export.objects.filter(Q(state="waiting") | lost, pk=export_id)
    if not mine.update(state="making", attempts=F("attempts") + 1, done=0, updated_at=now):
        return
    export = Export.objects.select_related("order__organisation").get(pk=export_id)
    if export.attempts > MOST_ATTEMPTS:
        _fail(export, "The export broke off again and again. Begin it anew.")
        return
    key = f"{export.organisation_id}/exports/{export.pk}.zip"
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.zip"
            with path.open("wb") as out:
                for piece in zip_stream(_members(export)):
                    out.write(piece)
            vault().put(key, path)
            size = path.stat().st_size
    # The storage is away, or the order's finish has none of the renditions any more.
    except Problem as error:
        _fail(export, error.sentence)
        return
    with transaction.atomic():
        kept = Export.objects.filter(pk=export.pk, state="making", attempts=export.attempts).update(
            state="ready", done=F("total"), file=key, bytes=size, updated_at=timezone.now()
        )
        if kept:
            events.emit(
                organisation=export.organisation, type="export.ready", resource=export, once=True
            )
    if not kept and not Export.objects.filter(pk=export.pk, file=key).exists():
        # Somebody in it left while it was made.
        vault().delete(key)


def _members(export: Export) -> Iterator[tuple[str, Callable[[], bytes]]]:
    if export.kinds and not delivery.still_there(order=export.order, wanted=export.kinds):
        raise Problem(
            "This order does not have what was chosen any more: {names}. Begin it anew with "
            "others.".format(names=", ".join(export.kinds)),
            code="renditions",
        )
    actor = Actor(kind=export.actor_kind, name=export.actor_name)
    files = delivery.files(
        actor=actor,
        order=export.order,
        wanted=export.kinds,
        told=Told.of(export),
        long_chosen=True,
    )
    for number, (name, data) in enumerate(files):
        yield name, partial(bytes, data)
        if number % _TELL_EVERY == 0:
            # The first is the list. Files may have been rendered since they were counted.
            Export.objects.filter(pk=export.pk).update(
                done=Least(number, F("total")), updated_at=timezone.now()
            )


def _fail(export: Export, sentence: str) -> None:
    with transaction.atomic():
        Export.objects.filter(pk=export.pk, state="making").update(
            state="failed", sentence=sentence, updated_at=timezone.now()
        )
        events.emit(
            organisation=export.organisation, type="export.failed", resource=export, once=True
        )


def sweep() -> int:
    """Go on with what was lost, and destroy what has passed its time; returns how many expired."""
    now = timezone.now()
    lost = Q(state="waiting", created_at__lt=now - timedelta(minutes=2)) | Q(
        state="making", updated_at__lt=now - LOST_AFTER
    )
    for export_id in Export.objects.filter(lost).values_list("pk", flat=True)[:100]:
        _queue(export_id)
    expired = list(Export.objects.filter(expires_at__lt=now)[:500])
    for export in expired:
        export.delete()
        if export.file:
            vault().delete(export.file)
    return len(expired)
