"""What a working process reports from a thread of its own: leases, progress, seconds, itself."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from billing import price_tables
from billing.models import PriceTable
from generation.dispatch import claims, energy
from generation.dispatch.claims import Claim
from generation.models import ComputeUsage, Worker

if TYPE_CHECKING:
    from generation.engine.load import BaseModel

log = structlog.get_logger(__name__)
# How often progress is written at most, in seconds.
PROGRESS_S = 1.0
# How often a process without a claim reports.
REPORT_S = 20.0
# A process in which nothing has moved for so long hangs in its device's driver.
STALLED_S = 1800.0
# How long the row of a worker stays that is not heard of any more.
KEPT = timedelta(days=7)


@dataclass
class _Spent:
    """What a phase took since it was last written."""

    seconds: float = 0.0
    joules: float | None = None
    images: Counter[UUID] = field(default_factory=Counter)


class Heartbeat:
    """Renews the leases of claimed shoots each third of their time while the device works.

    Seconds and, where the device tells it, energy are counted by phase and shared equally by the
    shoots still held; they are written with each beat, so that a killed process loses one beat of
    them at most. What goes wrong, as with a database that is away, is tried again at the next beat
    and is in the way of nothing else. Where no step was made
    for STALLED_S the process is killed, as nothing else ends a call that hangs in a driver; its
    claims run out and go on elsewhere.
    """

    def __init__(self, *, worker: str, base: BaseModel, claims: Sequence[Claim]) -> None:
        self.worker = worker
        self.device = energy.device_name(base.device)
        self.base_name = base.recipe.name
        self._meter = energy.meter(base.device)
        self._phase = "training"
        self._since = self._moved = time.monotonic()
        self._joules = self._meter.joules()
        self._spent: dict[str, _Spent] = {}
        self._held = {claim.shoot_id: claim for claim in claims}
        self._lost: set[UUID] = set()
        self._noted: dict[UUID, tuple[int, int]] = {}
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join(timeout=30)

    @property
    def phase(self) -> str:
        """What is being done now: training, generating or judging."""
        return self._phase

    @phase.setter
    def phase(self, phase: str) -> None:
        with self._lock:
            self._measure()
            self._phase = phase
            self._moved = time.monotonic()

    def made(self, claim: Claim, images: int = 1) -> None:
        """Note images that were drawn in this phase."""
        with self._lock:
            self._spent.setdefault(self._phase, _Spent()).images[claim.shoot_id] += images
            self._moved = time.monotonic()

    def _measure(self) -> None:
        """Add what has passed since the last look to the phase. Under the lock."""
        now, joules = time.monotonic(), self._meter.joules()
        spent = self._spent.setdefault(self._phase, _Spent())
        spent.seconds += now - self._since
        # Less than before is a counter that began anew, with its driver; nothing is known then.
        if joules is not None and self._joules is not None and joules >= self._joules:
            spent.joules = (spent.joules or 0.0) + joules - self._joules
        self._since, self._joules = now, joules

    @property
    def all_lost(self) -> bool:
        """Whether no claim is ours any more, so that going on is of no use."""
        return len(self._lost) == len(self._held)

    def lost(self, claim: Claim) -> bool:
        """Whether somebody else has, or somebody ended, this shoot."""
        return claim.shoot_id in self._lost

    def note(self, claim: Claim, step: int, steps: int) -> None:
        """Remember how far a shoot is; it is written within PROGRESS_S."""
        with self._lock:
            self._noted[claim.shoot_id] = (step, steps)
            self._moved = time.monotonic()

    def _beat(self) -> None:
        renewed = time.monotonic()
        try:
            while True:
                ending = self._end.wait(PROGRESS_S)
                now = time.monotonic()
                if not ending and now - self._moved > STALLED_S:
                    log.critical("worker_stalled", phase=self.phase)
                    os.kill(os.getpid(), signal.SIGKILL)
                due = ending or now - renewed >= settings.LEASE_S / 3
                # The leases first: whatever else goes wrong, the work stays ours.
                if due and not ending and self._try(self._renew):
                    renewed = now
                self._try(self._write_progress)
                if due:
                    self._try(self._count)
                    doing = "" if ending else f"{self.phase}, {len(self._held)} people"
                    self._try(partial(self._report, doing))
                if ending:
                    return
        finally:
            connection.close()

    def _try(self, part: Callable[[], None]) -> bool:
        """Whether it went well. Nothing ends the thread, without which all leases run out."""
        try:
            part()
        except Exception:
            log.warning("heartbeat_missed", exc_info=True)
            connection.close()
            return False
        return True

    def _renew(self) -> None:
        self._lost |= claims.renew(c for c in self._held.values() if c.shoot_id not in self._lost)

    def _report(self, doing: str) -> None:
        report(worker=self.worker, device=self.device, base_model=self.base_name, doing=doing)

    def _write_progress(self) -> None:
        with self._lock:
            noted, self._noted = self._noted, {}
        for shoot_id, (step, steps) in noted.items():
            claims.progress(self._held[shoot_id], step=step, steps=steps)

    def _count(self) -> None:
        with self._lock:
            self._measure()
            spent, self._spent = self._spent, {}
        live = [c for c in self._held.values() if c.shoot_id not in self._lost]
        if not live:
            return
        try:
            prices = price_tables.in_force()
            with transaction.atomic():
                for phase, part in spent.items():
                    for claim in live:
                        self._add(claim, phase, part, len(live), prices)
        except Exception:
            with self._lock:
                self._keep(spent)
            raise

    def _keep(self, spent: dict[str, _Spent]) -> None:
        """Put back what could not be written, for the next beat. Under the lock."""
        for phase, part in spent.items():
            now = self._spent.setdefault(phase, _Spent())
            now.seconds += part.seconds
            if part.joules is not None:
                now.joules = (now.joules or 0.0) + part.joules
            now.images += part.images

    def _add(self, claim: Claim, phase: str, part: _Spent, people: int, prices: PriceTable) -> None:
        row, _ = ComputeUsage.objects.get_or_create(
            shoot_id=claim.shoot_id,
            fence=claim.fence,
            phase=phase,
            defaults={
                "worker": self.worker,
                "device": self.device[:100],
                "price_table": prices,
                "hour_cents": prices.hour(self.device),
                "kwh_cents": float(prices.energy_kwh),
            },
        )
        energy_used = {}
        if part.joules is not None:
            energy_used = {"joules": Coalesce(F("joules"), 0.0) + part.joules / people}
        ComputeUsage.objects.filter(pk=row.pk).update(
            seconds=F("seconds") + part.seconds / people,
            images=F("images") + part.images[claim.shoot_id],
            updated_at=timezone.now(),
            **energy_used,
        )


@contextmanager
def reporting(*, worker: str, doing: str) -> Iterator[None]:
    """Say again and again that this process lives while it does something that holds no claim, as
    loading a base model; for STALLED_S at most."""
    end = threading.Event()

    def say(what: str) -> None:
        try:
            report(worker=worker, doing=what)
        except (DatabaseError, InterfaceError):
            log.warning("sign_of_life_missed", exc_info=True)
            connection.close()

    def repeat() -> None:
        until = time.monotonic() + STALLED_S
        try:
            say(doing)
            while not end.wait(REPORT_S):
                if time.monotonic() < until:
                    say(doing)
            say("")
        finally:
            connection.close()

    thread = threading.Thread(target=repeat, name="reporting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(timeout=30)


def report(
    *, worker: str, device: str = "", base_model: str = "", doing: str | None = None
) -> None:
    """Say that this worker process lives and, unless it is None, what it does."""
    fields: dict[str, object] = {"seen_at": timezone.now()}
    if doing is not None:
        fields["doing"] = doing
    if device:
        fields |= {"device": device, "base_model": base_model}
    Worker.objects.update_or_create(name=worker, defaults=fields)


def forget_silent() -> int:
    """Remove the rows of workers that were last heard of longer ago than KEPT; returns how many."""
    return Worker.objects.filter(seen_at__lt=timezone.now() - KEPT).delete()[0]
