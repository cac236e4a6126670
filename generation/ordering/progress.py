"""What the pages say of a shoot's progress and cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from generation.accounting import costs
from generation.accounting.costs import NOTHING, Cost
from generation.dispatch import unusable
from generation.finishing import renditions
from generation.models import Alternative, Headshot, Rendition, Shoot, State, Worker
from headshots.lib.supervise import SILENCE_S

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
    cost: Cost = NOTHING

    @property
    def cost_cents(self) -> float:
        return self.cost.total

    @property
    def headshot(self) -> Headshot | None:
        """What was picked."""
        found: Headshot | None = getattr(self.shoot, "headshot", None)
        return found

    @property
    def file(self) -> Rendition | None:
        """The file that stands for what was picked, once it is rendered."""
        return renditions.main(self.headshot) if self.headshot else None

    @property
    def instead(self) -> Alternative | None:
        """What somebody who opted out gave instead, once its picture is there."""
        if self.shoot.state != State.OPTED_OUT:
            return None
        found: Alternative | None = getattr(self.shoot, "alternative", None)
        return found if found and found.finished else None


def words(shoot: Shoot) -> str:
    """“training, step 140 of 400”."""
    if shoot.state == State.OPTED_OUT:
        return _("Alternative")
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
    """The gpu workers that have reported within SILENCE_S, but those that said they cannot work."""
    lately = timezone.now() - timedelta(seconds=SILENCE_S)
    alive = Worker.objects.filter(name__startswith="gpu@", seen_at__gte=lately)
    return list(alive.exclude(doing__startswith=unusable.CANNOT))


def of_shoots(shoots: Iterable[Shoot]) -> list[ShootProgress]:
    """Progress of many shoots with a few queries more, however many they are."""
    found = list(shoots)
    prefetch_related_objects(
        found, "headshot__finishing__finish", "headshot__finishing__renditions"
    )
    spent = costs.of_shoots([shoot.pk for shoot in found])
    return [
        ShootProgress(
            shoot=shoot,
            words=words(shoot),
            percent=percent(shoot),
            gpu_seconds=spent[shoot.pk].seconds,
            candidates=spent[shoot.pk].candidates,
            cost=spent[shoot.pk],
        )
        for shoot in found
    ]
