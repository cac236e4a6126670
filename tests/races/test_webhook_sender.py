"""The sender in its real place: a cluster of its own, killed in the middle, all arrives."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import WebhookDelivery
from accounts.webhooks import endpoints, sending, taking
from generation.storage import vault
from headshots.lib.supervise import Supervisor
from tests.accounts.webhooks.receiver import receiving
from tests.engine_room import cluster
from tests.races.together import together
from tests.world import make_world

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
]


def test_a_killed_sender_loses_nothing(tmp_path: Path, settings: Any) -> None:
    settings.ALLOW_LOOPBACK = True
    world = make_world()
    with receiving() as receiver:
        receiver.answer = lambda got: (time.sleep(0.2), 204)[1]
        _, secret = endpoints.add(
            actor=world.actor, organisation=world.organisation, url=receiver.url
        )
        world.order(20)
        supervisor = Supervisor(
            [
                cluster(
                    "default", tmp_path / "var", Path(vault().root), HEADSHOTS_ALLOW_LOOPBACK="1"
                )
            ],
            log_folder=tmp_path / "logs",
        )
        supervisor.start()
        try:
            wait_for(lambda: len(receiver.got) >= 4)
            pid = supervisor.pid("default")
            assert pid is not None
            for process in psutil.Process(pid).children(recursive=True):
                os.kill(process.pid, signal.SIGKILL)
            # What it had in hand is free again once its claim is over.
            WebhookDelivery.objects.filter(claimed_until__isnull=False).update(
                claimed_until=timezone.now()
            )
            time.sleep(0.5)
            WebhookDelivery.objects.filter(claimed_until__isnull=False).update(
                claimed_until=timezone.now()
            )
            sending.sweep()
            wait_for(lambda: not WebhookDelivery.objects.exclude(state="delivered").exists())
        finally:
            supervisor.stop()
    assert len(set(receiver.ids)) == 21
    # At most what was under way came twice.
    assert len(receiver.ids) <= 21 + taking.AT_ONCE_AN_ENDPOINT
    for got in receiver.got:
        Webhook(secret).verify(got.body, got.headers)


def test_two_senders_send_each_event_once(settings: Any) -> None:
    settings.ALLOW_LOOPBACK = True
    world = make_world()
    with receiving() as receiver:
        endpoints.add(actor=world.actor, organisation=world.organisation, url=receiver.url)
        world.order(15)
        results = together([lambda: sending.send_due(linger=False) for _ in range(4)])
        assert all(isinstance(made, int) for made in results), results
    assert sum(made for made in results if isinstance(made, int)) == 16
    assert len(receiver.ids) == len(set(receiver.ids)) == 16


def wait_for(what: Any, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, list(
            WebhookDelivery.objects.values_list("state", "tries", "claimed_until")
        )
        time.sleep(0.05)
