"""How this installation does, part by part, for whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import Min
from django.utils import timezone
from django_q.models import OrmQ, Task
from django_q.signing import BadSignature, SignedPackage

from generation import own_vault
from generation.dispatch import claims, queue, unusable
from generation.models import Shoot, Worker
from generation.storage import vault
from headshots.lib.problems import Problem

log = structlog.get_logger(__name__)

# A part that was not heard of for so long is not there.
SILENT = timedelta(minutes=3)
# The sweep runs each minute.
SWEPT = timedelta(minutes=5)
# A message of the default cluster that waited so long waits for something that is wrong.
LONG = timedelta(minutes=15)
_UNREADABLE = "the first cannot be read with the keys that are set"


@dataclass(frozen=True)
class Part:
    """A part, whether it does well, and a sentence with figures."""

    name: str
    good: bool
    said: str


def look() -> list[Part]:
    """Every part; asks the database and the vault, and changes nothing."""
    return [*_parts(), _sweep()]


def alarm() -> int:
    """Log what does not do well, for the sweep, which itself is watched from outside; returns how
    many parts."""
    bad = [part for part in _parts() if not part.good]
    for part in bad:
        log.error("not_well", part=part.name, said=part.said)
    return len(bad)


def _parts() -> Iterator[Part]:
    yield _vault()
    alive = Worker.objects.filter(seen_at__gt=timezone.now() - SILENT)
    default = alive.filter(name__startswith="default@").count()
    yield Part("default clusters", default > 0, f"{default} heard of lately")
    yield _gpu(list(alive.filter(name__startswith="gpu@")))
    for key in ("default", "gpu"):
        yield _queue(key)
    failed = Task.objects.filter(
        success=False, stopped__gt=timezone.now() - timedelta(days=1)
    ).count()
    yield Part("failed tasks", True, f"{failed} in the last day")


def _vault() -> Part:
    try:
        vault().check()
        older = own_vault.is_older()
    except Problem as problem:
        return Part("vault", False, f"{vault().root}: {problem.sentence}")
    if older:
        return Part("vault", False, "the database is older; run manage.py check_vault")
    return Part("vault", True, str(vault().root))


def _gpu(alive: list[Worker]) -> Part:
    waiting = claims.waiting()
    since = Shoot.objects.filter(claims.claimable()).aggregate(first=Min("queued_at"))["first"]
    said = f"{len(alive)} heard of lately, {waiting} shoots wait"
    if waiting and since:
        said += f", the first for {_age(since)}"
    blind = [worker.name for worker in alive if worker.doing.startswith("waits")]
    if blind:
        said += f"; without private files: {', '.join(blind)}"
    # What one of them said of the base model stands, whether or not somebody waits for it.
    unable = [f"{w.name} {w.doing}" for w in alive if w.doing.startswith(unusable.CANNOT)]
    said = "; ".join((said, *unable))
    good = not unable and (not waiting or bool(alive and not blind))
    return Part("gpu clusters", good, said)


def _queue(key: str) -> Part:
    messages = OrmQ.objects.filter(key=key, lock__lte=timezone.now())
    count = messages.count()
    first = messages.order_by("pk").first()
    name = f"queue {key}"
    if first is None:
        return Part(name, True, "empty")
    try:
        began: datetime = SignedPackage.loads(queue.signed_anew(first.payload))["started"]
    except BadSignature:
        return Part(name, False, f"{count} messages wait; {_UNREADABLE}")
    # A worker of the gpu cluster takes the next one when it has done all the work there is.
    late = key == "default" and began < timezone.now() - LONG
    return Part(name, not late, f"{count} messages wait, the first for {_age(began)}")


def _sweep() -> Part:
    row = Worker.objects.filter(name="sweep").first()
    if row is None:
        return Part("sweep", False, "never ended")
    late = row.seen_at < timezone.now() - SWEPT
    said = f"ended {_age(row.seen_at)} ago"
    return Part("sweep", not late and not row.doing, f"{said}; {row.doing}" if row.doing else said)


def _age(since: datetime) -> str:
    seconds = int((timezone.now() - since).total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
