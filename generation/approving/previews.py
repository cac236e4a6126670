"""Pictures to pick from as they would be delivered: on the organisation's plate, in its crop.

Made by the default cluster as soon as there is a choice, from the same cut-out and placing as the
files later. Until then, and where a picture cannot be cut out, the list shows what the model drew.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task
from PIL import Image

from generation.accounting import usage
from generation.approving import choosing
from generation.dispatch import queue
from generation.finishing import credentials, finishes, renditions, signed_words
from generation.models import Candidate, Order, Shoot, State
from generation.storage import destroy, vault
from headshots.lib.vault import FileMissing

if TYPE_CHECKING:
    from generation.engine.finishing import FinishSpec

_SIZE = (800, 1000)
# A task that is not done by then was lost; later than that, the picture cannot be cut out.
_LOST, _GIVEN_UP = timedelta(minutes=3), timedelta(minutes=15)


def begin(*, shoots: Iterable[Shoot]) -> None:
    """Queue the previews of shoots that are choosing. Call it in the transaction of what made
    them due; twice is once."""
    for shoot in shoots:
        async_task("generation.tasks.preview", str(shoot.pk))


def begin_of_order(*, order: Order) -> None:
    """Queue them for everybody of an order who chooses: its finish is another one now."""
    begin(shoots=Shoot.objects.filter(order=order, state=State.CHOOSING))


def make(*, shoot_id: UUID) -> int:
    """Make what is missing of what can be picked, the short list first; about 0.6 s a picture.
    Returns how many."""
    shoot = (
        Shoot.objects.select_related("order__look", "order__organisation", "order__finish__plate")
        .filter(pk=shoot_id, state=State.CHOOSING)
        .first()
    )
    if shoot is None:
        return 0
    finish = finishes.of_order(shoot.order)
    todo = [c for c in choosing.offered(shoot=shoot) if not _made(c, shoot.order)]
    if not todo:
        return 0
    started = time.monotonic()
    spec = finishes.spec(finish, shoot.order, generated=True)
    count = sum(_make(candidate, shoot, spec) for candidate in todo)
    usage.count_finishing(shoot=shoot, seconds=time.monotonic() - started)
    return count


def _make(candidate: Candidate, shoot: Shoot, spec: FinishSpec) -> bool:
    """Put one candidate on the plate; False where its picture cannot be cut out."""
    from generation.engine import finishing
    from generation.engine.errors import EngineError

    shown = replace(
        spec.main, width=_SIZE[0], height=_SIZE[1], format="jpeg", quality=90, dpi=0, frame=False
    )
    try:
        with Image.open(vault().path(candidate.file)) as picture:
            cut = finishing.cut_out(picture, renditions.matting())
        (file,) = finishing.finish(cut, replace(spec, renditions=(shown,)), xmp=credentials.label())
    except (EngineError, FileMissing) as error:
        renditions.why_not(error)
        return False
    words = signed_words.of_generated(shoot, shoot.order.finish)
    # A name of its own: of two tasks at once the later destroys its picture, not the earlier's.
    stem = f"{candidate.file.rsplit('.', 1)[0]}-{secrets.token_hex(4)}"
    key = stem + _ending(shoot.order)
    vault().put(key, credentials.sign(file.data, "jpeg", look=words)[0])
    before = candidate.finished
    with transaction.atomic():
        ours = Candidate.objects.filter(pk=candidate.pk, finished=before).update(finished=key)
        unused = before if ours else key
        if unused != candidate.file:
            destroy(keys=[unused])
    return bool(ours)


def _ending(order: Order) -> str:
    """What a preview's file name ends in: it says in which finish it was made."""
    return f"-{order.finish_id.hex[:12] if order.finish_id else ''}.jpg"


def _made(candidate: Candidate, order: Order) -> bool:
    return candidate.finished.endswith(_ending(order))


def begin_missing() -> int:
    """Queue previews whose task was lost; returns of how many shoots. While the queue is long,
    they wait and are not."""
    if queue.is_long():
        return 0
    now = timezone.now()
    recent = Candidate.objects.filter(
        shoot__state=State.CHOOSING,
        shoot__state_since__lt=now - _LOST,
        shoot__state_since__gt=now - _GIVEN_UP,
        passed=True,
        round=F("shoot__round"),
    )
    made: dict[Shoot, list[bool]] = {}
    for candidate in recent.select_related("shoot__order")[:2000]:
        shoot = candidate.shoot
        made.setdefault(shoot, []).append(_made(candidate, shoot.order))
    missing = [s for s, done in made.items() if sum(done) < min(len(done), choosing.SHORT_LIST)]
    begin(shoots=missing)
    return len(missing)
