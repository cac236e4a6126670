"""`make run` and `make worker`: what an operator sees of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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
