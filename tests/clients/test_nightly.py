"""The directory sync night after night: runs that are ended, left over, or still under way."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from accounts.models import Organisation, WebhookEndpoint, WebhookSecret
from accounts.webhooks import endpoints
from generation.models import Order
from tests.api.program import make_key
from tests.clients.beside import default_cluster
from tests.clients.conftest import PYTHON
from tests.clients.test_example import free_port
from tests.world import World

STAFF = "external_id,email\nhr-1,ada@acme.example\n"
NIGHT_S = 24 * 3600


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The program as a module, in a folder with a list of people."""
    monkeypatch.syspath_prepend(str(PYTHON / "examples"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "staff.csv").write_text(STAFF)
    monkeypatch.setenv("HEADSHOTS_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HEADSHOTS_KEY", "hs_test_x")
    before = signal.getsignal(signal.SIGTERM)
    import sync_directory

    yield sync_directory
    signal.signal(signal.SIGTERM, before)


def run(monkeypatch: pytest.MonkeyPatch, night: Any, *words: str) -> int:
    said = ["sync", "staff.csv", "photos", "--public", "https://hr.example.com/", *words]
    monkeypatch.setattr(sys, "argv", said)
    return int(night.main())


def test_it_has_ended_before_the_next_night(monkeypatch: pytest.MonkeyPatch, night: Any) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(night, "sync", lambda client, options: asked.append(options) or 0)
    assert run(monkeypatch, night) == 0
    assert asked[0].patience + night.PACKING_S < NIGHT_S


def test_where_another_run_waits_it_says_so_and_does_nothing(
    monkeypatch: pytest.MonkeyPatch, night: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        # Nothing answers at the site's address: no request is made.
        assert run(monkeypatch, night, "--listen", str(taken.getsockname()[1])) == 1
    assert "Nothing was done" in capsys.readouterr().err


def test_what_the_machine_refuses_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, night: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("staff.csv").unlink()
    assert run(monkeypatch, night, "--listen", str(free_port())) == 1
    assert "staff.csv" in capsys.readouterr().err


def test_who_withdraws_while_all_is_packed_does_not_keep_the_others_from_it(
    monkeypatch: pytest.MonkeyPatch, night: Any
) -> None:
    from headshots_client import HeadshotsError
    from headshots_client.pictures import Exports

    left = {"state": "failed", "file": None, "sentence": "Somebody has left. Begin it anew."}
    made = [{"state": "ready", "file": "/api/v1/exports/2/file", "sentence": ""}, left]
    options = Namespace(patience=5.0, archive=Path("all.zip"))
    monkeypatch.setattr(Exports, "begin", lambda self, *, order: made.pop())
    monkeypatch.setattr(
        "headshots_client.transport.Transport.save", lambda self, path, target: None
    )
    with night.Headshots() as client:
        night.archive(client, "1", options, Queue())
        assert made == []
        with pytest.raises(HeadshotsError, match=r"is failed.*Somebody has left"):
            client.exports.save(left, "all.zip")


def test_a_run_that_is_ended_tidies_up_and_the_next_one_collects(
    acme: World, live_server: Any, tmp_path: Path, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    settings.ALLOW_LOOPBACK = True
    (tmp_path / "staff.csv").write_text(STAFF)
    key = make_key(acme.organisation, test=True).secret
    sandbox = Organisation.objects.get(sandbox_of=acme.organisation)
    port = free_port()
    url = f"http://127.0.0.1:{port}/hooks"
    # Two of runs that were killed, one of them switched off since, and one of somebody else.
    left = [
        endpoints.add(actor=acme.actor, organisation=sandbox, url=url, description=name)[0]
        for name in ("Directory sync", "Directory sync", "Other")
    ]
    for each in left[:2]:
        endpoints.disable(actor=acme.actor, endpoint=each)
    known = set(WebhookSecret.objects.values_list("pk", flat=True))

    def begin() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                sys.executable, str(PYTHON / "examples" / "sync_directory.py"), "staff.csv",
                "photos", "--listen", str(port), "--public", url, "--patience", "100",
            ],
            cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={
                **os.environ, "PYTHONPATH": str(PYTHON),
                "HEADSHOTS_KEY": key, "HEADSHOTS_URL": live_server.url,
            },
        )  # fmt: skip

    first = begin()
    end = time.monotonic() + 60
    while not Order.objects.exists() and time.monotonic() < end and first.poll() is None:
        time.sleep(0.1)
    used = WebhookEndpoint.objects.get(description="Directory sync")
    assert used in left
    assert used.disabled_at is None
    assert used.types
    assert not known & set(used.secrets.values_list("pk", flat=True))
    first.send_signal(signal.SIGTERM)
    said, _ = first.communicate(timeout=60)
    assert first.returncode == 128 + signal.SIGTERM, said
    assert "Traceback" not in said
    assert [each.description for each in WebhookEndpoint.objects.all()] == ["Other"]
    with default_cluster():
        second = begin()
        said, _ = second.communicate(timeout=150)
    assert second.returncode == 0, said
    assert (tmp_path / "photos" / "hr-1.jpg").exists()
    assert Order.objects.count() == 1
