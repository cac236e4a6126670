"""The default cluster's work, done here and now instead of beside the test."""

from __future__ import annotations

from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.signing import SignedPackage


def drain(cluster: str = "default") -> int:
    """Run every message that waits for a cluster, and what those put in; returns how many."""
    done = 0
    while (message := OrmQ.objects.filter(key=cluster).order_by("pk").first()) is not None:
        task = SignedPackage.loads(message.payload)
        message.delete()
        work = task["func"]
        if isinstance(work, str):
            work = import_string(work)
        work(*task["args"], **task["kwargs"])
        done += 1
    return done


def forget(cluster: str) -> None:
    """Drop what waits for a cluster whose work the test starts itself."""
    OrmQ.objects.filter(key=cluster).delete()
