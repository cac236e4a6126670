"""The directory sync: a CSV file goes in, photos come out, and it can be run again."""

from __future__ import annotations

import argparse
import os
import queue
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from accounts.actors import employee_actor
from generation.leaving import withdrawals
from generation.models import Order, Shoot
from generation.ordering import orders
from tests.api.program import make_key
from tests.clients.beside import default_cluster
from tests.clients.conftest import PYTHON
from tests.world import World

STAFF = """external_id,email,first_name,last_name,department
hr-1,ada@acme.example,Ada,Moreau,Research
hr/2,ben@acme.example,Ben,Okafor,
hr_2,cora@acme.example,Cora,Lind,
hr-3,fail+optout@acme.example,Cem,Demir,
hr-4,no address,Dee,,
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_photos_come_into_the_folder_and_stay_in_step(
    acme: World, live_server: Any, tmp_path: Path, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    settings.ALLOW_LOOPBACK = True
    (tmp_path / "staff.csv").write_text(STAFF)
    key = make_key(acme.organisation, test=True).secret

    def sync() -> subprocess.CompletedProcess[str]:
        port = free_port()
        with default_cluster():
            return subprocess.run(
                [
                    sys.executable, str(PYTHON / "examples" / "sync_directory.py"),
                    "staff.csv", "photos", "--listen", str(port),
                    "--public", f"http://127.0.0.1:{port}/hooks", "--patience", "120",
                    "--archive", "all.zip",
                ],
                cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False,
                env={
                    **os.environ, "PYTHONPATH": str(PYTHON),
                    "HEADSHOTS_KEY": key, "HEADSHOTS_URL": live_server.url,
                },
            )  # fmt: skip

    first = sync()
    said = first.stdout + first.stderr
    assert "Row 6:" in said
    assert "4 people, 4 without a photo" in said
    assert "hr-3: opted_out" in said
    assert first.returncode == 1, said
    photos = sorted(path.name for path in (tmp_path / "photos").iterdir())
    assert photos == ["hr%2F2.jpg", "hr-1.jpg", "hr_2.jpg"]
    for name in photos:
        with Image.open(tmp_path / "photos" / name) as picture:
            assert picture.format == "JPEG"
    # Ids that differ in a sign alone are two people with a photo each.
    faces = {(tmp_path / "photos" / name).read_bytes() for name in photos}
    assert len(faces) == 3
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        assert packed.testzip() is None
        assert "status.csv" in packed.namelist()
    # A photo that was lost comes back without an order; who said no is not asked again.
    (tmp_path / "photos" / "hr-1.jpg").unlink()
    again = sync()
    assert "hr-3 has said no" in again.stdout, again.stdout + again.stderr
    assert (tmp_path / "photos" / "hr-1.jpg").exists()
    assert Order.objects.count() == 1
    # Whoever withdraws while nothing runs loses the photo with the next run, and so does whoever
    # the file does not name any more.
    for external_id in ("hr-1", "hr/2"):
        shoot = Shoot.objects.get(employee__external_id=external_id)
        withdrawals.withdraw(actor=employee_actor(shoot.employee), shoot=shoot)
    lines = [line for line in STAFF.splitlines(keepends=True) if not line.startswith("hr/2")]
    (tmp_path / "staff.csv").write_text("".join(lines))
    last = sync()
    assert "hr-1 has said no" in last.stdout, last.stdout + last.stderr
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["hr_2.jpg"]
    assert Order.objects.count() == 1


def test_a_headshot_that_is_gone_when_it_is_heard_of_ends_nothing(
    acme: World, connect: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PYTHON / "examples"))
    import sync_directory

    events: queue.Queue[Any] = queue.Queue()
    shoot = acme.shoot()
    orders.cancel_shoot(actor=acme.actor, shoot=shoot)
    for kind, id in (("headshot", "019ab1c2-0000-7000-8000-000000000001"), ("shoot", shoot.pk)):
        events.put({"data": {"object": kind, "id": str(id)}})
    people = {str(shoot.employee_id): "hr-1"}
    missing = dict(people)
    options = argparse.Namespace(folder=tmp_path, patience=20.0)
    sync_directory.wait(connect(), people, missing, options, events)
    assert missing == {}
