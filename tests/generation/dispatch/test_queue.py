"""What stands in the queue is done in the end, also after SECRET_KEY was changed."""

from __future__ import annotations

from multiprocessing import Event, Queue
from typing import Any

import pytest
from django.core import signing
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.pusher import pusher
from django_q.signing import PickleSerializer
from django_q.tasks import async_task

from generation.dispatch import canary

FORMER = "the key from before " * 3


@pytest.fixture
def message(db: None) -> OrmQ:
    """One that was put there before the key was changed."""
    async_task("generation.tasks.judge_selfie", "of somebody")
    message = OrmQ.objects.get()
    message.payload = signing.dumps(
        message.task, key=FORMER, salt=Conf.PREFIX, serializer=PickleSerializer
    )
    message.save()
    return message


def handed_out() -> list[Any]:
    """What a cluster would do now, by its own hands: one round of django-q's pusher."""
    broker = get_broker("default")
    assert isinstance(broker, canary.Broker)
    broker._next = float("inf")
    once, found = Event(), Queue()
    once.set()
    pusher(found, once, broker)
    found.put("STOP")
    return list(iter(found.get, "STOP"))


def test_a_task_from_before_the_key_was_changed_is_done(message: OrmQ, settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = ["never " * 8, FORMER]
    (task,) = handed_out()
    assert (task["args"], task["ack_id"]) == (("of somebody",), message.pk)


def test_one_that_cannot_be_read_stays_until_it_can(message: OrmQ, settings: Any) -> None:
    assert handed_out() == []
    kept = OrmQ.objects.get()
    assert kept.payload == message.payload
    assert kept.lock > message.lock
    # An hour later, when somebody has set the key.
    OrmQ.objects.update(lock=message.lock)
    settings.SECRET_KEY_FALLBACKS = [FORMER]
    assert [task["args"] for task in handed_out()] == [("of somebody",)]


def test_what_nobody_signed_is_not_read(message: OrmQ, settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = [FORMER]
    OrmQ.objects.update(payload=message.payload[:-4] + "AAAA")
    assert handed_out() == []
    assert OrmQ.objects.exists()
