"""The GPU benchmark measures the engine as it is; on a tiny model here, as CI has no GPU."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from generation.engine import seats, train
from generation.engine.load import base_model
from tests.benchmarks import gpu


def test_it_draws_with_an_adapter_each_and_trains_by_the_engines_steps(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = base_model(tiny, "cpu")
    usual = base.recipe
    drawn: list[tuple[str, ...]] = []
    draw, step = base.family.draw, train._Run.step

    def watched(*given: object) -> object:
        drawn.append(base.slots.current)
        return draw(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(base.family, "draw", watched)
    assert gpu.drawing(base, 3, 1, tmp_path) > 0
    assert base.recipe is usual
    assert [sorted(rows) for rows in drawn] == [["slot0", "slot1", "slot2"]] * 2
    weights = [base.slots.weights(slot) for slot in drawn[0]]
    key = next(key for key in weights[0] if ".lora_B." in key)
    assert not any(weight[key].equal(weights[0][key]) for weight in weights[1:])

    trained: list[int] = []

    def counted(run: train._Run, sitting: list[seats.Seat]) -> None:
        trained.append(len(sitting))
        step(run, sitting)

    monkeypatch.setattr(train._Run, "step", counted)
    assert gpu.training(base, 3, 1, tmp_path) > 0
    assert trained == [3, 3]


def test_it_measures_drawing_and_training(tiny: Path) -> None:
    base = base_model(tiny, "cpu")
    names = {figure.name: figure for figure in gpu.figures(base, ceiling=1.0, times=1)}
    for size in (1, 4, 8):
        for what in (f"drawing {size} at once", f"training {size} people"):
            assert names[what].value > 0
            assert names[f"{what}, of the ceiling"].ok is not None
    assert gpu.matmul_rate(torch.device("cpu"), side=64, times=1) > 0
