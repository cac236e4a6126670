"""`make run` and `make worker`: what an operator sees of them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django_q.models import OrmQ, Schedule, Success
from django_q.signals import post_execute_in_worker, pre_execute

from generation.dispatch import canary, heartbeat
from generation.models import Worker
from generation.storage import vault
from headshots import processes
from headshots.lib.supervise import Supervisor
from tests import engine_room
from tests.lib.test_supervise import wait_for

# As `python -m headshots.processes default`, with a cluster that says one thing.
RUN = """
import sys
from headshots import processes
from headshots.lib.supervise import Child
says = "print('{\\"event\\": \\"hello\\"}', flush=True); import time; time.sleep(600)"
processes.children = lambda parts: [Child(parts[0], [sys.executable, "-c", says])]
sys.exit(processes.main(["default"]))
"""


@pytest.mark.django_db(transaction=True)
def test_logs_go_to_an_output_that_is_no_terminal_as_well(tmp_path: Path) -> None:
    """In a container nobody reads files, and what reads the output wants objects."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=engine_room.ROOT,
        env=engine_room.environment(tmp_path / "var", tmp_path / "private"),
        stdout=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / "var/logs/default.log"
    try:
        wait_for(lambda: log.exists() and "hello" in log.read_text(), 60)
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert {"event": "hello"} in [json.loads(x) for x in output.splitlines() if x.startswith("{")]


def test_another_hosts_cluster_does_not_hide_that_ours_is_silent(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(processes, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(socket, "gethostname", lambda: "web1")
    (child,) = processes.children(["default"])
    assert child.env is not None
    assert child.health is not None
    ours = f"default@{child.env['Q_CLUSTER_ID']}"
    assert child.health()  # It has only just begun.
    clock[0] += processes.SILENCE_S + 1
    for other in ("default@web2:7", f"{ours}0", ours.replace("default", "gpu")):
        heartbeat.report(worker=other)
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own
    assert not child.health()
    clock[0] += processes.SILENCE_S + 1
    heartbeat.report(worker=ours)
    assert child.health()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_each_cluster_reports_though_others_take_every_message(tmp_path: Path) -> None:
    """Two real ones, and none of their messages is in the queue."""
    vault().put("there/is", b"something")
    clusters = [
        replace(
            engine_room.cluster(
                name, tmp_path / "var", vault().root, Q_CLUSTER_ID=f"{name}-host:1"
            ),
            name=f"{name} {number}",
        )
        for number, name in enumerate(("default", "gpu"))
    ]
    Schedule.objects.all().delete()
    supervisor = Supervisor(clusters, log_folder=tmp_path / "logs")
    supervisor.start()
    try:
        names = {"default@default-host:1", "gpu@gpu-host:1"}
        wait_for(lambda: names <= set(Worker.objects.values_list("name", flat=True)), 90)
        assert not OrmQ.objects.exists()
        assert not Success.objects.exists()
    finally:
        supervisor.stop()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_at_a_long_task_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "SIGN_S", 0.05)
    watch = canary.Watch()
    watch.begin()
    try:
        watch.look()
        assert not Worker.objects.exists()
        pre_execute.send(sender="django_q", func=None, task={})
        wait_for(lambda: Worker.objects.filter(name=canary.name()).exists())
        post_execute_in_worker.send(sender="django_q", func=None, task={})
    finally:
        watch.end()
    Worker.objects.all().delete()
    watch.look()
    assert not Worker.objects.exists()
