"""Many renderings of one order: a few at a time, so that mail and photos come between them.

The queue knows no rank: two thousand messages at once would be two thousand that everything else
waits behind. So each message here takes the next few and then puts itself at the end.
"""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from generation.dispatch import queue
from generation.finishing import renditions
from generation.models import Finishing, Order

# How many messages go round for one order, and for how long each keeps a process.
AT_ONCE = 2
A_TURN_S = 5.0
A_SWEEP = 500


def begin(*, order_id: UUID, messages: int = AT_ONCE) -> None:
    """Have whatever of an order waits and was not begun rendered. Call it in the transaction of
    what it stands for."""
    _alive(order_id)
    for _number in range(messages):
        async_task("generation.tasks.render_in_turn", str(order_id))


def take_turn(*, order_id: UUID) -> bool:
    """Render the next few of an order; whether more may wait. Runs in a task."""
    _alive(order_id)
    until = time.monotonic() + A_TURN_S
    while (finishing_id := _next(order_id)) is not None:
        renditions.render(finishing_id=finishing_id)
        if time.monotonic() > until:
            return True
    return False


def _next(order_id: UUID) -> UUID | None:
    waiting = Finishing.objects.filter(
        headshot__shoot__order=order_id, state=Finishing.State.WAITING, tried_at=None
    )
    with transaction.atomic():
        found = waiting.select_for_update(of=("self",), skip_locked=True).first()
        if found is not None:
            Finishing.objects.filter(pk=found.pk).update(tried_at=timezone.now())
    return found.pk if found else None


def go_on() -> int:
    """Queue renderings once more whose task was lost, and fail those that never end; returns how
    many were lost. While the queue is long, or an order's turn goes on, they wait and are not."""
    late = timezone.now() - timedelta(seconds=renditions.LOST_S)
    waiting = Finishing.objects.filter(state=Finishing.State.WAITING).filter(
        Q(tried_at=None, created_at__lt=late) | Q(tried_at__lt=late)
    )
    waiting.filter(attempts__gte=renditions.MOST_ATTEMPTS).update(
        state=Finishing.State.FAILED,
        sentence=_("The files could not be made. Try again; if it stays so, tell us."),
    )
    if queue.is_long():
        return 0
    lost = waiting.filter(attempts__lt=renditions.MOST_ATTEMPTS)
    ids = list(lost.values_list("pk", flat=True)[:A_SWEEP])
    orders = Order.objects.filter(shoots__headshot__finishings__in=ids).distinct()
    dead = [pk for pk in orders.order_by().values_list("pk", flat=True) if not _is_alive(pk)]
    mine = Finishing.objects.filter(pk__in=ids, headshot__shoot__order__in=dead)
    count = mine.update(tried_at=None)
    for pk in dead:
        begin(order_id=pk, messages=1)
    return count


def _mark(order_id: UUID) -> str:
    return f"rendering-{order_id}"


def _alive(order_id: UUID) -> None:
    cache.set(_mark(order_id), True, renditions.LOST_S)


def _is_alive(order_id: UUID) -> bool:
    return bool(cache.get(_mark(order_id)))
