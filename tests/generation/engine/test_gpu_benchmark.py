"""The GPU benchmark measures the engine as it is; on a tiny model here, as CI has no GPU."""

from __future__ import annotations

from pathlib import Path

import torch

from generation.engine.load import base_model
from tests.benchmarks import gpu


def test_it_measures_drawing_and_training(tiny: Path) -> None:
    base = base_model(tiny, "cpu")
    names = {figure.name: figure for figure in gpu.figures(base, ceiling=1.0, times=1)}
    for size in (1, 4, 8):
        for what in (f"drawing {size} at once", f"training {size} people"):
            assert names[what].value > 0
            assert names[f"{what}, of the ceiling"].ok is not None
    assert gpu.matmul_rate(torch.device("cpu"), side=64, times=1) > 0
