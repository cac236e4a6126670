"""Pictures of several people in one batch, each as if drawn alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from PIL import Image

from generation.engine import adapters
from generation.engine.errors import EngineError, Stopped
from generation.engine.load import BaseModel
from generation.engine.sample import draw, sample
from generation.engine.specs import SampleSpec
from tests.generation.engine.conftest import LOOK


@pytest.fixture
def trained(base: BaseModel, tmp_path: Path) -> dict[str, Path]:
    """Adapters of three people, strong enough to see."""
    base.slots.grow(1)
    found = {}
    for number, person in enumerate(("ada", "bo", "cy")):
        base.slots.reset("slot0", number)
        chance = torch.Generator().manual_seed(number)
        with torch.no_grad():
            for weight in base.slots.weights("slot0").values():
                weight.add_(torch.randn(weight.shape, generator=chance) * 0.1)
        found[person] = tmp_path / f"{person}.safetensors"
        adapters.write(found[person], {"unet": base.slots.take("slot0")}, {})
    return found


@pytest.fixture
def exact(base: BaseModel, monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """The pictures before they are rounded to bytes."""
    kept: list[torch.Tensor] = []
    pipe = base.family.pipe  # type: ignore[attr-defined]

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(pipe, name)

        def __call__(self, **arguments: object) -> object:
            result = pipe(**arguments)
            kept.extend(result.images)
            return result

    monkeypatch.setattr(base.family, "pipe", Watched())
    return kept


def specs_of(trained: dict[str, Path], seed: int = 5) -> list[SampleSpec]:
    people = [SampleSpec(name, path, LOOK, seed) for name, path in trained.items()]
    another = replace(people[0], seed=seed + 1)
    return [people[0], another, *people[1:], SampleSpec("nobody", None, LOOK, seed)]


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.int16)


def test_a_picture_is_the_same_alone_and_among_neighbours(
    base: BaseModel, trained: dict[str, Path], exact: list[torch.Tensor]
) -> None:
    specs = specs_of(trained)
    sample(base, specs)
    together = exact[:]
    exact.clear()
    for spec, picture in zip(specs, together, strict=True):
        sample(base, [spec])
        assert float((exact.pop() - picture).abs().max()) <= 1e-4
    sample(base, specs[::-1])
    for picture, turned in zip(together, exact[::-1], strict=True):
        assert float((turned - picture).abs().max()) <= 1e-4


def test_each_adapter_and_each_seed_draws_another_picture(
    base: BaseModel, trained: dict[str, Path]
) -> None:
    pictures = [pixels(image) for image in sample(base, specs_of(trained))]
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert np.abs(one - other).mean() > 0.5


def test_the_same_seed_draws_the_same_picture_again(
    base: BaseModel, trained: dict[str, Path]
) -> None:
    specs = specs_of(trained)
    first, second = sample(base, specs), sample(base, specs)
    assert all((pixels(a) == pixels(b)).all() for a, b in zip(first, second, strict=True))


def test_a_new_adapter_under_an_old_name_is_read_anew(
    base: BaseModel, trained: dict[str, Path]
) -> None:
    spec = SampleSpec("ada", trained["ada"], LOOK, 5)
    before = sample(base, [spec])[0]
    trained["ada"].write_bytes(trained["bo"].read_bytes())
    after = sample(base, [spec])[0]
    wanted = sample(base, [replace(spec, adapter=trained["bo"])])[0]
    assert (pixels(after) == pixels(wanted)).all()
    assert (pixels(after) != pixels(before)).any()


def test_pictures_of_different_steps_come_back_in_order(
    base: BaseModel, trained: dict[str, Path]
) -> None:
    specs = specs_of(trained)
    mixed = [replace(spec, steps=2 + index % 2) for index, spec in enumerate(specs)]
    seen: list[tuple[int, int]] = []
    pictures = sample(base, mixed, on_progress=lambda done, of: seen.append((done, of)))
    assert seen[-1] == (5, 5)
    for spec, picture in zip(mixed, pictures, strict=True):
        assert np.abs(pixels(sample(base, [spec])[0]) - pixels(picture)).max() <= 1


def test_out_of_memory_draws_fewer_at_once(
    base: BaseModel, trained: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = specs_of(trained)
    plain = sample(base, specs)
    draw = base.family.draw
    sizes: list[int] = []

    def small_device(*arguments: object) -> list[Image.Image]:
        sizes.append(len(arguments[2]))  # type: ignore[arg-type]
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return draw(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(base.family, "draw", small_device)
    small = sample(base, specs)
    assert sizes == [5, 2, 2, 1]
    for one, other in zip(plain, small, strict=True):
        assert np.abs(pixels(one) - pixels(other)).max() <= 1


def test_stopping_takes_effect_between_two_steps(base: BaseModel, trained: dict[str, Path]) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Stopped):
        sample(base, specs_of(trained), should_stop=stop)
    assert len(asked) == 3


def test_an_adapter_of_another_base_is_refused(
    base: BaseModel, trained: dict[str, Path], tmp_path: Path
) -> None:
    state = adapters.read(trained["ada"], "unet")[0]
    other = {key: value[:1].clone() for key, value in state.items()}
    adapters.write(tmp_path / "other.safetensors", {"unet": other}, {})
    with pytest.raises(EngineError, match="another base model"):
        sample(base, [SampleSpec("ada", tmp_path / "other.safetensors", LOOK, 1)])
    (tmp_path / "broken.safetensors").write_bytes(b"no adapter")
    with pytest.raises(EngineError, match="cannot be read"):
        sample(base, [SampleSpec("ada", tmp_path / "broken.safetensors", LOOK, 1)])


def test_an_adapter_without_numbers_spoils_its_own_pictures_alone(
    base: BaseModel, trained: dict[str, Path]
) -> None:
    specs = specs_of(trained)
    plain = sample(base, specs)
    state = adapters.read(trained["bo"], "unet")[0]
    adapters.write(trained["bo"], {"unet": {k: v * np.nan for k, v in state.items()}}, {})
    drawn = dict(draw(base, specs))
    assert [index for index, picture in drawn.items() if picture is None] == [
        index for index, spec in enumerate(specs) if spec.person == "bo"
    ]
    for index, before in enumerate(plain):
        picture = drawn[index]
        if picture is not None:
            assert np.abs(pixels(picture) - pixels(before)).max() <= 1
    # Alone in a batch, too, it is not taken for the base model's fault.
    alone = [spec for spec in specs if spec.person == "bo"]
    assert list(draw(base, alone)) == [(0, None)]
    with pytest.raises(EngineError, match="adapter of bo draws values that are not numbers"):
        sample(base, specs)


def test_a_base_model_that_draws_no_numbers_is_said(
    base: BaseModel, trained: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(*given: object) -> list[None]:
        return [None] * len(given[2])  # type: ignore[arg-type]

    monkeypatch.setattr(base.family, "draw", spoilt)
    with pytest.raises(EngineError, match="VAE may need float32"):
        list(draw(base, [SampleSpec("ada", trained["ada"], LOOK, 1)]))


def test_stock_diffusers_draws_the_same_from_our_adapter_file(
    base: BaseModel, tiny: Path, trained: dict[str, Path], exact: list[torch.Tensor]
) -> None:
    sample(base, [SampleSpec("ada", trained["ada"], LOOK, 5)])
    ours = exact[0]
    pipe = StableDiffusionXLPipeline.from_pretrained(tiny, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    pipe.load_lora_weights(trained["ada"].parent, weight_name=trained["ada"].name)
    stock = pipe(
        prompt=base.recipe.headshot_prompt(LOOK),
        generator=torch.Generator().manual_seed(5),
        num_inference_steps=base.recipe.sample.steps,
        guidance_scale=base.recipe.sample.guidance,
        guidance_rescale=base.recipe.sample.rescale,
        output_type="pt",
    ).images[0]
    torch.testing.assert_close(stock, ours, rtol=0, atol=1e-4)


def test_swapping_people_through_the_slots_compiles_nothing_anew(
    base: BaseModel, trained: dict[str, Path]
) -> None:
    """The whole denoiser, in one graph: what a compiler that runs it as it is gets to see."""
    compiled: list[int] = []

    def backend(graph: torch.fx.GraphModule, _inputs: object) -> object:
        compiled.append(len(graph.graph.nodes))
        return graph.forward

    base.slots.grow(2)
    torch.compiler.reset()
    quick = torch.compile(base.family.denoiser, backend=backend, fullgraph=True)  # type: ignore[arg-type]
    prompt = base.prompt("sks")
    latents = torch.randn((4, 4, 16, 16), generator=torch.Generator().manual_seed(0))

    def ask(net: Any, time: int) -> torch.Tensor:
        found: torch.Tensor = net(
            latents,
            torch.tensor(time),
            encoder_hidden_states=prompt["text"].expand(4, -1, -1),
            added_cond_kwargs={
                "text_embeds": prompt["pooled"].expand(4, -1),
                "time_ids": torch.tensor([[32.0, 32, 0, 0, 32, 32]]).expand(4, -1),
            },
            return_dict=False,
        )[0]
        return found

    results = []
    try:
        with torch.no_grad(), base.slots.rows(["slot0", "slot0", "slot1", "slot1"]):
            for time, one, other in ((900, "ada", "bo"), (500, "cy", "ada"), (100, "bo", "cy")):
                base.slots.seat(trained[one], "slot0")
                base.slots.seat(trained[other], "slot1")
                results.append(ask(quick, time))
                plain = ask(base.family.denoiser, time)
                torch.testing.assert_close(results[-1], plain, rtol=0, atol=1e-5)
                assert len(compiled) == 1
    finally:
        torch.compiler.reset()
    assert compiled[0] > 1000
    assert not torch.equal(results[0], results[1])
