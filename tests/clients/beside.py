"""What runs beside a partner's program: the default cluster, here in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils.module_loading import import_string
from django_q.models import OrmQ


@contextmanager
def default_cluster(skip: Callable[[str], bool] = lambda name: False) -> Iterator[list[str]]:
    """Work off what is queued while the block runs; yields the names of what was done."""
    done: list[str] = []
    wrong: list[Exception] = []
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                found = OrmQ.objects.filter(key="default").order_by("pk").first()
                if found is None:
                    time.sleep(0.02)
                    continue
                task = found.task
                found.delete()
                if not skip(str(task["func"])):
                    import_string(task["func"])(*task["args"], **task["kwargs"])
                    done.append(task["func"])
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join(timeout=60)
        # Leave nothing for the next test.
        OrmQ.objects.all().delete()
    assert not wrong, wrong
