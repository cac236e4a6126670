"""Checkpoints are judged, the likest is kept, and who gets no better is done early."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import Tensor

from generation.engine import train
from generation.engine.load import BaseModel
from generation.engine.recipe import LoraSettings
from tests.generation.engine.trained import Photos, assert_alike, specs_of, state_of


def test_the_likest_checkpoint_is_kept_and_training_ends_when_it_gets_no_better(
    base: BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = replace(base.recipe.lora, steps=20, judge_images=1, judge_from=0.0, patience=2)
    monkeypatch.setattr(base, "recipe", replace(base.recipe, lora=judged))
    likeness = iter([0.5, 0.3, 0.4, 0.35])
    monkeypatch.setattr(train.faces, "detect", lambda *_: ["a face"])
    monkeypatch.setattr(train.faces, "describe", lambda *_: np.eye(128)[0] * next(likeness))
    spec = replace(specs_of(photos, ["ada"])[0], descriptors=((0.0,) * 128,) * 3)

    kept: dict[int, dict[str, Tensor]] = {}

    def watch(_person: str, step: int, _steps: int) -> None:
        kept[step] = base.slots.take("slot0")

    result = train.train_people(base, [spec], {"ada": tmp_path}, on_progress=watch)[0]
    assert [step for step, _ in result.history] == [2, 4, 6, 8]
    assert (result.steps, result.holdout) == (4, pytest.approx(0.3))
    assert_alike(kept[4], state_of(result.adapter), 1e-6)
    assert [p.name for p in tmp_path.glob("*.safetensors")] == ["adapter.safetensors"]


@pytest.mark.parametrize("better", [True, False], ids=["ever better", "never better"])
def test_as_usually_set_who_gets_no_better_is_done_early(
    base: BaseModel,
    photos: Photos,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    better: bool,
) -> None:
    """The usual shares of the usual 1000 steps, in 20."""
    usual = LoraSettings()
    lora = replace(
        base.recipe.lora,
        steps=20,
        checkpoint_every=20 * usual.checkpoint_every // usual.steps,
        judge_images=1,
        judge_from=usual.judge_from,
        patience=usual.patience,
    )
    monkeypatch.setattr(base, "recipe", replace(base.recipe, lora=lora))
    likeness = iter(0.5 - 0.01 * n if better else 0.3 + 0.01 * n for n in range(20))
    monkeypatch.setattr(train.faces, "detect", lambda *_: ["a face"])
    monkeypatch.setattr(train.faces, "describe", lambda *_: np.eye(128)[0] * next(likeness))
    spec = replace(specs_of(photos, ["ada"])[0], descriptors=((0.0,) * 128,) * 3)
    result = train.train_people(base, [spec], {"ada": tmp_path})[0]
    steps = [step for step, _ in result.history]
    if better:
        assert steps == lora.judged_at() == [6, 8, 10, 12, 14, 16, 18, 20]
        assert result.steps == 20
    else:
        assert steps[-1] == lora.earliest_end() == 12
        assert result.steps == 6
