"""A worker host that cannot work says why, before it takes anything."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generation.dispatch import base_model
from headshots.lib.problems import Problem


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> Any:
        return None if name == "torch" else real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(Problem, match=r"lacks torch.*Install the extra “worker”"):
        base_model.refuse_unusable()


@pytest.mark.parametrize("module", ["headshots.processes", "cluster"])
def test_with_a_wrong_base_model(tmp_path: Path, module: str) -> None:
    argv = ["manage.py", "cluster"] if module == "cluster" else ["-m", module, "gpu"]
    done = subprocess.run(
        [sys.executable, *argv],
        env={
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "k" * 40,
            "HEADSHOTS_VAR_DIR": str(tmp_path),
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "BASE_MODEL": str(tmp_path / "sdxl"),
            "Q_CLUSTER_NAME": "gpu" if module == "cluster" else "default",
        },
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    assert str(tmp_path / "sdxl") in done.stderr
    assert "Traceback" not in done.stderr
