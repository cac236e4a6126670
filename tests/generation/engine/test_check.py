"""A worker host says what it can do, and what it cannot in sentences."""

import json
import shutil
from pathlib import Path

from generation.engine.check import gpu_check


def test_a_working_host_gives_figures(tiny: Path) -> None:
    found = gpu_check(tiny, "cpu")
    assert found["ok"] is True
    for figure in ("load_seconds", "seconds_per_step", "images_per_second", "memory_peak_gib"):
        assert isinstance(found[figure], float)
    assert "no GPU" in " ".join(json.loads(json.dumps(found))["sentences"])


def test_a_host_that_cannot_work_says_why(tiny: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(tiny, tmp_path / "broken"))
    (broken / "scheduler" / "scheduler_config.json").unlink()
    found = gpu_check(broken, "cpu")
    assert found["ok"] is False
    assert "scheduler_config.json is missing" in str(found["sentences"])
    assert gpu_check(tiny, "cuda:99")["ok"] is False
