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


def _set(folder: Path, part: str, **values: object) -> None:
    path = folder / "engine.json"
    recipe = json.loads(path.read_text())
    _edit(path, **{part: recipe[part] | values})


def _forget_words(folder: Path) -> None:
    (folder / "tokenizer_2" / "tokenizer.json").unlink(missing_ok=True)
    (folder / "tokenizer_2" / "vocab.json").unlink(missing_ok=True)


def _foreign_words(folder: Path) -> None:
    _forget_words(folder)
    (folder / "tokenizer_2" / "vocab.json").write_text('{"a": 0, "b": 1, "c": 2}')
    (folder / "tokenizer_2" / "merges.txt").write_text("")


def _lose_a_shard(folder: Path) -> None:
    shards = {"a": "diffusion_pytorch_model-00002-of-00002.safetensors"}
    index = folder / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": shards}))


def _into_halves(folder: Path) -> None:
    """As SDXL is often downloaded: the half-precision files alone."""
    for path in folder.glob("*/*.safetensors"):
        half = {key: value.half() for key, value in load_file(path).items()}
        save_file(half, path.with_suffix(".fp16.safetensors"), metadata={"format": "pt"})
        path.unlink()


def _rename(folder: Path) -> None:
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    path.rename(path.with_suffix(".bf16.safetensors"))


def _head(header: bytes) -> Callable[[Path], None]:
    """Give the UNet's file another header."""

    def change(folder: Path) -> None:
        path = folder / "unet" / "diffusion_pytorch_model.safetensors"
        path.write_bytes(len(header).to_bytes(8, "little") + header + b"x" * 100)

    return change


def _drop(folder: Path, part: str, name: str, sign: str) -> None:
    """Leave out the tensors with `sign` in their names."""
    path = folder / part / name
    kept = {key: value for key, value in load_file(path).items() if sign not in key}
    save_file(kept, path, metadata={"format": "pt"})


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
        (_forget_words, r"vocab\.json is missing"),
        (_foreign_words, "knows 3 tokens and does not belong to"),
        (_lose_a_shard, r"diffusion_pytorch_model-00002-of-00002\.safetensors is missing"),
        (_rename, r"bf16\.safetensors, none of which the engine reads"),
        (_head(b"[]"), "is no safetensors file"),
        (_head(b'{"a": 1}'), "is no safetensors file"),
        (_head(b'{"a": {"data_offsets": []}}'), "is no safetensors file"),
        (_head(b"x"), "is no safetensors file"),
        (lambda f: _edit(f / "engine.json", resolution=100), "“resolution” is 100.*multiples of 8"),
        (lambda f: _set(f, "crop", eye_y=3.0), "“crop.eye_y” is 3.0; it has to lie between 0 and"),
        (lambda f: _set(f, "crop", eye_x=-1.0), "“crop.eye_x” is -1.0"),
        (lambda f: _set(f, "crop", zooms=[]), "“crop.zooms” is \\[\\]"),
        (lambda f: _set(f, "crop", zooms=[1.0, 0]), "each between 0.1 and 10"),
        (lambda f: _set(f, "lora", steps=0), "“lora.steps” is 0; it has to lie between 1 and"),
        (lambda f: _set(f, "lora", rank=-4), "“lora.rank” is -4"),
        (lambda f: _set(f, "lora", checkpoint_every=0), "“lora.checkpoint_every” is 0"),
        (lambda f: _set(f, "lora", leap=1.05), "“lora.leap” is 1.05; every loss rises"),
        (lambda f: _set(f, "lora", schedule="sudden"), "“cosine” or “constant”"),
        (lambda f: _set(f, "lora", targets=[]), "names no layer"),
        (lambda f: _set(f, "sample", batch=0), "“sample.batch” is 0"),
        (lambda f: _set(f, "prompt", headshot="{tokn} in a suit"), "nothing fills: 'tokn'"),
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
    with pytest.raises(BaseModelError, match=r"cannot be opened.*copy/unet are of other sizes"):
        load.base_model(copy, "cpu")


@pytest.mark.parametrize(
    ("part", "name", "sign"),
    [
        ("unet", "diffusion_pytorch_model.safetensors", "mid_block"),
        ("vae", "diffusion_pytorch_model.safetensors", "decoder.conv_in"),
        # transformers draws what is missing by chance, and says nothing that stops anybody.
        ("text_encoder", "model.safetensors", "layers.0.mlp"),
        ("text_encoder_2", "model.safetensors", "text_projection"),
    ],
)
def test_a_part_that_lacks_tensors_is_named(copy: Path, part: str, name: str, sign: str) -> None:
    _drop(copy, part, name, sign)
    with pytest.raises(BaseModelError, match=rf"copy/{part} lacks \d+ of the tensors.*{sign}"):
        load.base_model(copy, "cpu")


def test_files_in_half_precision_alone_are_taken(copy: Path, tiny: Path) -> None:
    load.unload()
    whole = load.base_model(tiny, "cpu").family.parts()
    _into_halves(copy)
    halves = load.base_model(copy, "cpu").family.parts()
    assert halves.keys() == whole.keys()
    for name, part in whole.items():
        for key, weight in part.state_dict().items():
            torch.testing.assert_close(
                halves[name].state_dict()[key], weight.half().float().to(weight), rtol=0, atol=0
            )


def test_shards_are_read_as_one(copy: Path, tiny: Path) -> None:
    load.unload()
    whole = load.base_model(tiny, "cpu").family.parts()["unet"].state_dict()
    folder = copy / "unet"
    path = folder / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    path.unlink()
    where = {}
    for number, keys in ((1, sorted(weights)[::2]), (2, sorted(weights)[1::2])):
        shard = f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"
        save_file({k: weights[k] for k in keys}, folder / shard, metadata={"format": "pt"})
        where |= dict.fromkeys(keys, shard)
    index = {"metadata": {"total_size": 1}, "weight_map": where}
    path.with_suffix(".safetensors.index.json").write_text(json.dumps(index))
    found = load.base_model(copy, "cpu").family.parts()["unet"].state_dict()
    assert all(torch.equal(found[key], weight) for key, weight in whole.items())


def test_targets_that_name_no_layer_are_refused(copy: Path) -> None:
    _set(copy, "lora", targets=["to_z", "q"])
    with pytest.raises(BaseModelError, match="no layers named like its LoRA targets"):
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
