"""The directory sync: a CSV file goes in, photos come out, and it can be run again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from generation.models import Order
from tests.api.program import make_key
from tests.clients.beside import default_cluster
from tests.clients.conftest import PYTHON
from tests.world import World

STAFF = """external_id,email,first_name,last_name,department
hr-1,ada@acme.example,Ada,Moreau,Research
hr/2,ben@acme.example,Ben,Okafor,
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
                ],
                cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False,
                env={
                    **os.environ, "PYTHONPATH": str(PYTHON),
                    "HEADSHOTS_KEY": key, "HEADSHOTS_URL": live_server.url,
                },
            )  # fmt: skip

    first = sync()
    said = first.stdout + first.stderr
    assert "Row 5:" in said
    assert "3 people, 3 without a photo" in said
    assert "hr-3: opted_out" in said
    assert first.returncode == 1, said
    photos = sorted(path.name for path in (tmp_path / "photos").iterdir())
    assert photos == ["hr-1.jpg", "hr_2.jpg"]
    for name in photos:
        with Image.open(tmp_path / "photos" / name) as picture:
            assert picture.format == "JPEG"
    # A photo that was lost comes back without an order; who said no is not asked again.
    (tmp_path / "photos" / "hr-1.jpg").unlink()
    again = sync()
    assert "hr-3 has said no" in again.stdout, again.stdout + again.stderr
    assert (tmp_path / "photos" / "hr-1.jpg").exists()
    assert Order.objects.count() == 1
