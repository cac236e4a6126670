"""What a working process reports from a thread of its own: leases, progress, seconds, itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F
from django.utils import timezone

from generation import claims
from generation.claims import Claim
from generation.models import ComputeUsage, Worker

if TYPE_CHECKING:
    from generation.engine.load import BaseModel

log = structlog.get_logger(__name__)
# How often progress is written at most, in seconds.
PROGRESS_S = 1.0


class Heartbeat:
    """Renews the leases of claimed shoots each third of their time while the device works.

    Seconds are counted by phase and shared equally by the shoots still held; they are written with
    each beat, so that a killed process loses one beat of them at most. A database that is away is
    tried again at the next beat.
    """

    def __init__(self, *, worker: str, base: BaseModel, claims: Sequence[Claim]) -> None:
        self.worker = worker
        self.device = str(base.device)
        self.base_name = base.recipe.name
        self.phase = "training"
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

    def _beat(self) -> None:
        renewed = counted = time.monotonic()
        try:
            while True:
                ending = self._end.wait(PROGRESS_S)
                now = time.monotonic()
                try:
                    self._write_progress()
                    if ending or now - renewed >= settings.LEASE_S / 3:
                        self._count(now - counted)
                        counted = now
                        if not ending:
                            self._lost |= claims.renew(
                                c for c in self._held.values() if c.shoot_id not in self._lost
                            )
                            renewed = now
                        report(
                            worker=self.worker,
                            device=self.device,
                            base_model=self.base_name,
                            doing="" if ending else f"{self.phase}, {len(self._held)} people",
                        )
                except (DatabaseError, InterfaceError):
                    log.warning("heartbeat_missed", exc_info=True)
                    connection.close()
                if ending:
                    return
        finally:
            connection.close()

    def _write_progress(self) -> None:
        with self._lock:
            noted, self._noted = self._noted, {}
        for shoot_id, (step, steps) in noted.items():
            claims.progress(self._held[shoot_id], step=step, steps=steps)

    def _count(self, seconds: float) -> None:
        live = [c for c in self._held.values() if c.shoot_id not in self._lost]
        for claim in live:
            row, _ = ComputeUsage.objects.get_or_create(
                shoot_id=claim.shoot_id,
                fence=claim.fence,
                phase=self.phase,
                defaults={"worker": self.worker, "device": self.device},
            )
            ComputeUsage.objects.filter(pk=row.pk).update(
                seconds=F("seconds") + seconds / len(live), updated_at=timezone.now()
            )


def report(*, worker: str, device: str = "", base_model: str = "", doing: str = "") -> None:
    """Say that this worker process lives and what it does."""
    fields = {"seen_at": timezone.now(), "doing": doing}
    if device:
        fields |= {"device": device, "base_model": base_model}
    Worker.objects.update_or_create(name=worker, defaults=fields)
