"""Whether a cluster works: a task that no other host can take shows it.

django-q2's own status goes on saying that all is well where no worker takes tasks any more, and
the queue is everybody's. So each cluster hands itself a task beside the queue every SIGN_S seconds,
which writes its row, `CLUSTER@HOST:PROCESS` (Worker); the supervisor looks at that row alone.
"""

from __future__ import annotations

import threading
import time
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django_q.signals import post_execute_in_worker, post_spawn, pre_execute
from django_q.signing import SignedPackage

from generation.dispatch import queue

log = structlog.get_logger(__name__)

SIGN_S = 20.0


def name() -> str:
    """Of this process's cluster, as its row has it."""
    return f"{settings.Q_CLUSTER_NAME}@{settings.CLUSTER_ID}"


class Broker(queue.Kept):
    """The queue, and each cluster's own task beside it."""

    _next = 0.0

    def dequeue(self) -> list[tuple[int | None, str]]:
        """Messages with their numbers; the cluster's own has none."""
        found = super().dequeue()
        now = time.monotonic()
        if now >= self._next:
            self._next = now + SIGN_S
            found.append((None, _own_task()))
        return found


def _own_task() -> str:
    task = {
        "id": uuid4().hex,
        "name": "sign of life",
        "func": "generation.tasks.show_life",
        "args": (),
        "kwargs": {},
        "started": timezone.now(),
        "save": False,
    }
    sealed: str = SignedPackage.dumps(task)
    return sealed


class Watch:
    """Reports while a worker is at a task, which has a time limit of its own: a cluster of which
    all workers are at long ones works."""

    def __init__(self) -> None:
        self._busy, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._go, name="canary", daemon=True)

    def begin(self) -> None:
        pre_execute.connect(self._begun, dispatch_uid="canary")
        post_execute_in_worker.connect(self._done, dispatch_uid="canary")
        self._thread.start()

    def end(self) -> None:
        pre_execute.disconnect(dispatch_uid="canary")
        post_execute_in_worker.disconnect(dispatch_uid="canary")
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Report, if a task is under way."""
        from generation.dispatch import heartbeat

        if self._busy.is_set():
            heartbeat.report(worker=name())

    def _begun(self, **_: Any) -> None:
        self._busy.set()

    def _done(self, **_: Any) -> None:
        self._busy.clear()

    def _go(self) -> None:
        while not self._over.wait(SIGN_S):
            try:
                self.look()
            except (DatabaseError, InterfaceError):
                log.warning("sign_of_life_missed", exc_info=True)
            finally:
                connection.close()


_watches: list[Watch] = []
"""Of this process; signals know their receivers weakly."""


def watch(**_: Any) -> None:
    """A worker process has begun: report while it is at a task. Those of the gpu cluster report by
    a heartbeat that knows whether their device hangs."""
    if settings.Q_CLUSTER_NAME == "default":
        _watches.append(Watch())
        _watches[-1].begin()


post_spawn.connect(watch, dispatch_uid="canary")
