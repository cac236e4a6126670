"""The queue of tasks as this installation keeps it: nothing is lost, and what is over goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import Task
from django_q.signals import post_execute_in_worker, pre_execute

log = structlog.get_logger(__name__)

# For how long it stays written how a task failed.
KEPT = timedelta(days=14)
# How many messages are many.
LONG = 100
_AT_ONCE = 5000
_current = ""


class Kept(ORM):  # type: ignore[misc]
    """The queue in the database. A message that cannot be read stays and is tried again, and one
    that was signed with a former key is read."""

    def dequeue(self) -> list[tuple[int | None, str]]:
        """Messages with their numbers."""
        found: list[tuple[int | None, str]] = super().dequeue() or []
        return [(number, signed_anew(message)) for number, message in found]

    def fail(self, task_id: int | None) -> None:
        """Leave a message that cannot be read where it is, until its time comes again: whoever
        sets the key that it was signed with has it done."""
        log.error("message_unreadable", number=task_id)


def signed_anew(message: str) -> str:
    """The message under today's key, where a former one signed it. What reads messages knows
    today's alone."""
    formers = settings.SECRET_KEY_FALLBACKS
    if not formers:
        return message
    today = TimestampSigner(key=Conf.SECRET_KEY, salt=Conf.PREFIX, fallback_keys=[])
    try:
        today.unsign(message)
    except BadSignature:
        pass
    else:
        return message
    key, *others = formers
    try:
        return today.sign(
            TimestampSigner(key=key, salt=Conf.PREFIX, fallback_keys=[*others]).unsign(message)
        )
    except BadSignature:
        return message


def is_long() -> bool:
    """Whether so many messages of the default cluster wait that what seems lost is only late, and
    queueing it once more would make it later."""
    return int(get_broker("default").queue_size()) >= LONG


def current() -> str:
    """What task this process is at: the same again where its message is handed out again; empty
    outside of a task."""
    return _current


def _begun(*, task: dict[str, Any], **_: Any) -> None:
    global _current
    _current = str(task.get("id", ""))


def _ended(**_: Any) -> None:
    global _current
    _current = ""


def forget() -> int:
    """Remove how tasks failed KEPT ago; returns how many. Of those that did not, django-q keeps
    few."""
    over = Task.objects.filter(success=False, stopped__lt=timezone.now() - KEPT)
    keys = list(over.order_by().values_list("pk", flat=True)[:_AT_ONCE])
    return int(Task.objects.filter(pk__in=keys).delete()[0])


pre_execute.connect(_begun, dispatch_uid="queue.begun")
post_execute_in_worker.connect(_ended, dispatch_uid="queue.ended")
