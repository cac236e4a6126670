"""A worker host says what it can do, and what it cannot in sentences."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.torch import load_file, save_file

from generation.engine import check
from generation.engine.check import gpu_check
from generation.engine.load import BaseModel


@pytest.fixture
def sizes(base: BaseModel, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """How many rows are trained and drawn at once."""
    found: dict[str, list[int]] = {"losses": [], "draw": []}
    losses, draw = base.family.losses, base.family.draw

    def trained(latents: torch.Tensor, *more: object) -> torch.Tensor:
        found["losses"].append(len(latents))
        return losses(latents, *more)  # type: ignore[arg-type]

    def drawn(*given: object) -> object:
        found["draw"].append(len(given[2]))  # type: ignore[arg-type]
        return draw(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(base.family, "losses", trained)
    monkeypatch.setattr(base.family, "draw", drawn)
    return found


def test_a_working_host_gives_figures(tiny: Path) -> None:
    told: list[str] = []
    found = gpu_check(tiny, "cpu", say=told.append)
    assert found["ok"] is True
    for figure in ("load_seconds", "seconds_per_step", "images_per_second", "memory_peak_gib"):
        assert isinstance(found[figure], float)
    assert "no GPU" in " ".join(json.loads(json.dumps(found))["sentences"])
    assert told == found["sentences"]
    assert "Nobody's ends early." in " ".join(told)


def test_the_figures_are_of_a_full_batch(
    tiny: Path, base: BaseModel, sizes: dict[str, list[int]]
) -> None:
    found = gpu_check(tiny, "cpu", people=5)
    assert found["ok"] is True
    assert (found["people_at_once"], found["pictures_per_step"]) == (5, 10)
    assert sizes == {"losses": [10, 10], "draw": [8, 8]}
    # Never more than the base model trains at once.
    assert gpu_check(tiny, "cpu", people=99)["people_at_once"] == base.recipe.lora.people == 8
    assert gpu_check(tiny, "cpu")["people_at_once"] == 8


def test_where_memory_is_short_fewer_are_tried(
    tiny: Path, base: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = base.family.losses

    def small_device(latents: torch.Tensor, *more: object) -> torch.Tensor:
        if len(latents) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return losses(latents, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(base.family, "losses", small_device)
    most = 5
    found = gpu_check(tiny, "cpu")
    assert (found["ok"], found["people_at_once"]) == (True, 2)
    assert "2 people are tried" in str(found["sentences"])
    most = 1
    found = gpu_check(tiny, "cpu")
    assert found["ok"] is False
    assert "too little memory to train even one person" in str(found["sentences"])


def test_a_base_model_that_needs_a_gpu_is_refused_at_once(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    monkeypatch.setattr(check, "_GPU_FROM", 32)
    monkeypatch.setattr(check, "base_model", None)
    found = gpu_check(tiny, "cpu")
    assert found["ok"] is False
    assert "load_seconds" not in found
    (sentence,) = found["sentences"]  # type: ignore[misc]
    assert "needs a GPU" in sentence
    monkeypatch.setattr(settings, "BASE_MODEL", str(tiny))
    monkeypatch.setattr(settings, "GPU_DEVICE", "cpu")
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("gpucheck", stdout=said)
    assert said.getvalue().startswith("tiny draws 32 px and needs a GPU")
    monkeypatch.undo()
    monkeypatch.setattr(check, "_GPU_FROM", 32)
    found = gpu_check(tiny, "cpu", force=True, people=1)
    assert found["ok"] is True
    assert found["sentences"][0].startswith("A base model of this size needs a GPU")  # type: ignore[index]


def test_a_host_that_cannot_work_says_why(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Path(shutil.copytree(tiny, tmp_path / "broken"))
    (broken / "scheduler" / "scheduler_config.json").unlink()
    found = gpu_check(broken, "cpu")
    assert found["ok"] is False
    assert "scheduler_config.json is missing" in str(found["sentences"])
    assert gpu_check(tiny, "cuda:99")["ok"] is False

    def no_driver(*_: object) -> None:
        raise ValueError("shapes do not fit\nand more")

    monkeypatch.setattr(check, "_two_steps", no_driver)
    found = gpu_check(tiny, "cpu")
    assert found["ok"] is False
    assert found["sentences"][-1] == "The work broke off on this device: shapes do not fit"  # type: ignore[index]


def test_a_step_without_numbers_is_said(tiny: Path, tmp_path: Path) -> None:
    """Each weight is a number; what they make is none."""
    huge = Path(shutil.copytree(tiny, tmp_path / "huge"))
    path = huge / "unet" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["conv_out.weight"] = torch.full_like(weights["conv_out.weight"], 1e30)
    save_file(weights, path, metadata={"format": "pt"})
    found = gpu_check(huge, "cpu", people=1)
    assert found["ok"] is False
    assert "values that are not numbers" in str(found["sentences"])


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_the_clock_waits_for_the_device(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[object] = []
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waited.append("mps"))
    check._wait(torch.device(kind))
    check._wait(torch.device("cpu"))
    assert waited == [torch.device("cuda") if kind == "cuda" else "mps"]
