"""Benchmarks that miss their goals end with an error."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks import _report
from tests.benchmarks._report import Figure, missed, report


def test_a_goal_that_is_missed_is_an_error_and_an_old_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_report, "BENCH", tmp_path / "var/bench")
    monkeypatch.setattr(_report, "ROOT", tmp_path)
    bad = Figure("rate", 0.2, "of raw", "0.4", False)
    report("before", [bad])
    os.utime(tmp_path / "var/bench/before.json", (1, 1))
    since = time.time() - 5
    report("good", [Figure("rate", 0.5, "of raw", "0.4", True), Figure("other", 1, "s")])
    assert missed(since) == []
    report("bad", [bad])
    assert missed(since) == ["bad: rate 0.2 of raw (goal 0.4)"]


def test_the_command_says_which_and_fails() -> None:
    """In the future nothing has been measured."""
    script = Path(_report.__file__)
    never = str(time.time() + 3600)
    assert subprocess.run([sys.executable, str(script), never], check=False).returncode == 0
