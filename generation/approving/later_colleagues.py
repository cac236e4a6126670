"""Colleagues who came after somebody's picture was drawn, compared with it before it is approved.

The gate compares a picture with everybody who has photos in that moment. Who looks as much like it
and hands in photos later is found here; nothing is refused for it, but whoever approves is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Max, Q
from django_q.tasks import async_task
from PIL import Image

from generation.dispatch import base_model
from generation.models import Candidate, Headshot, Order, Shoot, State
from generation.photos import descriptors
from generation.storage import vault
from headshots.lib.vault import FileMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = structlog.get_logger(__name__)

A_SWEEP = 100


def uncompared(*, order: Order | None = None) -> list[UUID]:
    """The headshots that await approval, of all orders or of one, whose picture has not been
    compared with everybody of the order whose photos are in by now."""
    waiting = Headshot.objects.filter(
        shoot__state=State.APPROVING, shoot__order__organisation__sandbox_of=None
    )
    if order is not None:
        waiting = waiting.filter(shoot__order=order)
    rows = list(
        waiting.order_by("picked_at", "pk").values_list(
            "pk", "shoot__order", "candidate__compared_at", "candidate__created_at"
        )
    )
    shoots = Shoot.objects.filter(order__in={order_id for _pk, order_id, *_times in rows})
    # Their own photos were in before their pictures were drawn.
    newest = dict(
        shoots.order_by().values_list("order").annotate(at=Max("queued_at")).exclude(at=None)
    )
    return [
        headshot_id
        for headshot_id, order_id, compared_at, drawn_at in rows
        if order_id in newest and newest[order_id] > (compared_at or drawn_at)
    ]


def begin() -> int:
    """Queue the comparison of those that await approval; returns how many."""
    found = uncompared()[:A_SWEEP]
    for headshot_id in found:
        async_task("generation.tasks.compare_with_later", str(headshot_id))
    return len(found)


def compare(*, headshot_id: UUID) -> bool:
    """Compare what was picked with whoever came later; returns whether one of them is as near to it
    as a colleague may not be. Runs in a task: it loads dlib where a look at the picture is needed,
    about a fifth of a second. Twice is once."""
    headshot = (
        Headshot.objects.filter(pk=headshot_id, shoot__state=State.APPROVING)
        .select_related("candidate")
        .first()
    )
    if headshot is None:
        return False
    shoot = Shoot.objects.get(pk=headshot.shoot_id)
    candidate = headshot.candidate
    since = candidate.compared_at or candidate.created_at
    later = Shoot.objects.filter(order=shoot.order_id, queued_at__gt=since).exclude(pk=shoot.pk)
    arrived = {pk: at for pk, at in later.values_list("pk", "queued_at") if at}
    others = descriptors.by_shoot(Q(shoot__in=arrived))
    distances = _distances(candidate, _near_enough(candidate, shoot, others))
    return _note(candidate, distances, max([since, *arrived.values()]))


def _near_enough(
    candidate: Candidate, shoot: Shoot, others: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Those of the others who may be as near to the picture as is asked about.

    For the rest it follows from the photos, without a look at the picture: who is further from the
    person than twice the picture is, and the margin, is further from the picture, too.
    """
    import numpy as np

    own = descriptors.by_shoot(Q(shoot=shoot)).get(str(shoot.pk))
    if own is None or candidate.likeness_own is None or not others:
        return dict(others)
    rows = np.concatenate(list(others.values()))
    squares = (own**2).sum(axis=1)[:, None] + (rows**2).sum(axis=1) - 2 * own @ rows.T
    apart = np.sqrt(np.maximum(squares, 0)).mean(axis=0)
    starts = np.cumsum([0, *(len(photos) for photos in others.values())])[:-1]
    means = np.add.reduceat(apart, starts) / [len(photos) for photos in others.values()]
    margin = base_model.recipe().gate.margin
    bound = 2 * candidate.likeness_own + margin
    return {
        person: photos
        for (person, photos), mean in zip(others.items(), means, strict=True)
        if mean < bound
    }


def _distances(candidate: Candidate, others: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    """From the picture to each of the others, as the gate measures it."""
    from generation.engine import faces

    if not others:
        return {}
    size = base_model.recipe().gate.enlarge_to
    try:
        with Image.open(vault().path(candidate.file)) as picture:
            image = picture.convert("RGB")
    except FileMissing:
        log.warning("not_compared", candidate=str(candidate.pk), why="no file")
        return {}
    found = faces.detect(image, size)
    if not found:
        log.warning("not_compared", candidate=str(candidate.pk), why="no face")
        return {}
    described = faces.describe(image, found[0], size)
    return {
        person: float(faces.distances(described, photos).mean())
        for person, photos in others.items()
    }


@transaction.atomic
def _note(candidate: Candidate, distances: Mapping[str, float], compared_at: datetime) -> bool:
    """Write down with whom the picture was compared last, and whoever is nearest now."""
    candidate = Candidate.objects.select_for_update().get(pk=candidate.pk)
    fields: dict[str, Any] = {"compared_at": compared_at}
    like = False
    nearest = min(distances, key=lambda person: distances[person], default=None)
    before = candidate.likeness_best_colleague
    if nearest is not None and (before is None or distances[nearest] < before):
        by = round(distances[nearest], 4)
        own, margin = candidate.likeness_own, base_model.recipe().gate.margin
        like = own is not None and by - own < margin
        fields["likeness_best_colleague"] = by
        fields["receipt"] = {
            **candidate.receipt,
            "best_colleague": nearest,
            "likeness_best_colleague": by,
            **({Candidate.LIKE_LATER: True} if like else {}),
        }
    Candidate.objects.filter(pk=candidate.pk).update(**fields)
    return like
