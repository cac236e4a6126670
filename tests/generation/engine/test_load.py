"""A base model folder that cannot work is refused with a sentence, before any work."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from generation.engine import load
from generation.engine.errors import BaseModelError


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that may be broken."""
    return Path(shutil.copytree(tiny, tmp_path / "copy"))


def _edit(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def _cut(folder: Path) -> None:
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def _misspell(folder: Path) -> None:
    _edit(folder / "engine.json", samples={"steps": 3})


@pytest.mark.parametrize(
    ("breaking", "says"),
    [
        (lambda f: shutil.rmtree(f), "no base model folder"),
        (lambda f: (f / "model_index.json").unlink(), r"model_index\.json is missing"),
        (lambda f: (f / "vae" / "config.json").write_text("{"), "not readable JSON"),
        (
            lambda f: (f / "unet" / "diffusion_pytorch_model.safetensors").unlink(),
            r"unet holds no \.safetensors",
        ),
        (_cut, "cut off"),
        (
            lambda f: _edit(f / "model_index.json", _class_name="FluxPipeline"),
            "holds a FluxPipeline; the engine needs a StableDiffusionXLPipeline",
        ),
        (
            lambda f: _edit(f / "unet" / "config.json", addition_embed_type=None),
            "another architecture",
        ),
        (lambda f: _edit(f / "engine.json", family="klein"), "family “klein”"),
        (_misspell, "“samples” is not a setting"),
        (lambda f: _edit(f / "engine.json", resolution="big"), "“resolution” has the value"),
        (lambda f: (f / "tokenizer" / "tokenizer_config.json").unlink(), "is missing"),
    ],
)
def test_a_broken_folder_is_named_without_opening_weights(
    copy: Path, breaking: Callable[[Path], object], says: str
) -> None:
    breaking(copy)
    with pytest.raises(BaseModelError, match=says):
        load.check_base_model(copy)


def test_weights_that_are_not_numbers_are_refused(copy: Path) -> None:
    path = copy / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["decoder.conv_in.bias"][0] = float("nan")
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(BaseModelError, match=r"vae has weights that are not\s+numbers"):
        load.base_model(copy, "cpu")


def test_weights_of_another_size_are_refused(copy: Path) -> None:
    _edit(copy / "unet" / "config.json", block_out_channels=[32, 64])
    with pytest.raises(BaseModelError, match="cannot be opened"):
        load.base_model(copy, "cpu")


def test_a_device_that_is_not_there_is_refused(tiny: Path) -> None:
    name = "mps" if torch.cuda.is_available() else "cuda"
    with pytest.raises(BaseModelError, match="no device"):
        load.base_model(tiny, name)


def test_a_process_holds_one_model(tiny: Path) -> None:
    first = load.base_model(tiny, "cpu")
    assert load.base_model(str(tiny), "cpu") is first
    load.unload()
    assert load.base_model(tiny, "cpu") is not first


def test_a_folder_without_engine_json_gets_full_size_defaults(copy: Path) -> None:
    (copy / "engine.json").unlink()
    recipe = load.check_base_model(copy)
    assert (recipe.resolution, recipe.lora.rank, recipe.illustrated) == (1024, 16, False)


def test_a_host_without_torch_is_told_what_to_install(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BaseModelError, match="worker extra"):
        load.base_model(tiny)


def test_the_fingerprint_follows_the_weights(copy: Path) -> None:
    before = load.check_base_model(copy).fingerprint
    path = copy / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["decoder.conv_in.bias"] += 1
    save_file(weights, path, metadata={"format": "pt"})
    assert load.check_base_model(copy).fingerprint != before
