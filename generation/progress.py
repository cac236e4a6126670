"""What the pages say of a shoot's progress and cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import prices
from generation.models import Candidate, ComputeUsage, Order, Shoot, State, Worker

# How long a worker may be silent before nobody counts on it.
WORKER_SILENCE = timedelta(minutes=3)
# How far along the whole way each state begins and ends, in per cent.
SPAN: dict[str, tuple[int, int]] = {
    State.INVITED: (0, 0),
    State.COLLECTING: (10, 10),
    State.QUEUED: (20, 20),
    State.TRAINING: (20, 60),
    State.GENERATING: (60, 85),
    State.CHOOSING: (85, 85),
    State.APPROVING: (95, 95),
    State.DELIVERED: (100, 100),
}


@dataclass(frozen=True)
class ShootProgress:
    """A shoot as a row of a page: where it is, in words and per cent, and what it has cost."""

    shoot: Shoot
    words: str
    percent: int
    gpu_seconds: float
    candidates: int

    @property
    def cost_cents(self) -> float:
        return prices.cost_cents(self.gpu_seconds)

    @property
    def candidate_id(self) -> UUID | None:
        """The picture to show for this shoot: what was picked."""
        headshot = getattr(self.shoot, "headshot", None)
        return headshot.candidate_id if headshot else None


def words(shoot: Shoot) -> str:
    """“training, step 140 of 400”."""
    label = str(State(shoot.state).label)
    if shoot.state == State.TRAINING and shoot.steps:
        return _("{what}, step {step} of {steps}").format(
            what=label, step=shoot.step, steps=shoot.steps
        )
    if shoot.state == State.GENERATING and shoot.steps:
        return _("{what}, {count} pictures judged").format(what=label, count=shoot.step)
    return label


def percent(shoot: Shoot) -> int:
    """How far a shoot is on its whole way, 0 to 100."""
    start, end = SPAN.get(shoot.state, (100, 100))
    share = min(1.0, shoot.step / shoot.steps) if shoot.steps else 0.0
    return round(start + (end - start) * share)


def workers_alive() -> list[Worker]:
    """The gpu workers that have reported within WORKER_SILENCE."""
    lately = timezone.now() - WORKER_SILENCE
    return list(Worker.objects.filter(name__startswith="gpu@", seen_at__gte=lately))


def gpu_seconds(*, order: Order) -> float:
    """What a whole order has taken of the GPU, in seconds."""
    used = ComputeUsage.objects.filter(shoot__order=order).order_by()
    return float(used.aggregate(total=Sum("seconds"))["total"] or 0.0)


def of_shoots(shoots: Iterable[Shoot]) -> list[ShootProgress]:
    """Progress of many shoots with two queries more, however many they are."""
    found = list(shoots)
    ids = [shoot.pk for shoot in found]
    seconds = dict(
        ComputeUsage.objects.filter(shoot__in=ids)
        .order_by()
        .values_list("shoot")
        .annotate(total=Sum("seconds"))
    )
    made = dict(
        Candidate.objects.filter(shoot__in=ids)
        .order_by()
        .values_list("shoot")
        .annotate(n=Count("pk"))
    )
    return [
        ShootProgress(
            shoot=shoot,
            words=words(shoot),
            percent=percent(shoot),
            gpu_seconds=seconds.get(shoot.pk, 0.0),
            candidates=made.get(shoot.pk, 0),
        )
        for shoot in found
    ]
