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


_busy = threading.Event()
"""While a worker of the default cluster is at a task, which has a time limit of its own. A cluster
of which all workers are at long ones works."""


def watch(**_: Any) -> None:
    """A worker process has begun: report while it is at a task. Those of the gpu cluster report by
    a heartbeat that knows whether their device hangs."""
    if settings.Q_CLUSTER_NAME == "default":
        pre_execute.connect(lambda **_: _busy.set(), weak=False)
        post_execute_in_worker.connect(lambda **_: _busy.clear(), weak=False)
        threading.Thread(target=_report_while_busy, name="canary", daemon=True).start()


def _report_while_busy() -> None:
    from generation.dispatch import heartbeat

    while True:
        time.sleep(SIGN_S)
        if not _busy.is_set():
            continue
        try:
            heartbeat.report(worker=name())
        except (DatabaseError, InterfaceError):
            log.warning("sign_of_life_missed", exc_info=True)
        finally:
            connection.close()


post_spawn.connect(watch, dispatch_uid="canary")
