"""Guidance brings out who the adapter knows, on the head alone, and nobody else changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from generation.engine import adapters
from generation.engine.guidance import towards_person
from generation.engine.head import head_map
from generation.engine.load import BaseModel
from generation.engine.mixed import BASE
from generation.engine.sample import sample
from generation.engine.specs import SampleSpec
from tests.generation.engine.conftest import LOOK


@pytest.fixture
def ada(base: BaseModel, tmp_path: Path) -> Path:
    base.slots.grow(2)
    base.slots.reset("slot0", 1)
    chance = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in base.slots.weights("slot0").values():
            weight.add_(torch.randn(weight.shape, generator=chance) * 0.1)
    path = tmp_path / "ada.safetensors"
    adapters.write(path, {"unet": base.slots.take("slot0")}, {})
    return path


@pytest.fixture
def guided(base: BaseModel, monkeypatch: pytest.MonkeyPatch) -> BaseModel:
    how = replace(base.recipe.sample, person_guidance=(1.8, 1.2), person_from=0.0)
    monkeypatch.setattr(base, "recipe", replace(base.recipe, sample=how))
    return base


# The pipeline's first half holds the negative prompt.
BOTH = (None, "sks")


def predict(
    base: BaseModel, rows: list[str], time: int, prompts: Sequence[str | None] = ("sks",)
) -> Tensor:
    """The denoiser's answer for fixed latents, as the pipeline asks for it: all rows a prompt."""
    count = len(rows)
    latents = torch.randn((count, 4, 16, 16), generator=torch.Generator().manual_seed(9))
    halves = [base.prompt(prompt) for prompt in prompts]
    led = towards_person(base, 2.0, [4] * count, [False] * count)
    with torch.no_grad(), base.slots.rows(rows), led:
        found: Tensor = base.family.denoiser(
            latents.repeat(len(halves), 1, 1, 1),
            torch.tensor(time),
            encoder_hidden_states=torch.cat([h["text"].expand(count, -1, -1) for h in halves]),
            added_cond_kwargs={
                "text_embeds": torch.cat([h["pooled"].expand(count, -1) for h in halves]),
                "time_ids": torch.tensor([[32.0, 32, 0, 0, 32, 32]]).expand(
                    count * len(halves), -1
                ),
            },
            return_dict=False,
        )[0]
    return found


def alone(base: BaseModel, rows: list[str], time: int = 500, prompt: str | None = "sks") -> Tensor:
    """The same without any guidance."""
    how = replace(base.recipe.sample, person_guidance=())
    kept, base.recipe = base.recipe, replace(base.recipe, sample=how)
    try:
        return predict(base, rows, time, [prompt])
    finally:
        base.recipe = kept


def test_the_head_is_led_away_from_the_base_and_the_rest_follows_the_prompt(
    guided: BaseModel, ada: Path
) -> None:
    other, person = predict(guided, ["slot0", BASE], 500, BOTH).chunk(2)
    with_adapter, without = alone(guided, ["slot0", BASE]), alone(guided, [BASE, BASE])
    torch.testing.assert_close(person, with_adapter, rtol=0, atol=1e-5)
    # What the pipeline makes of both sides with guidance 2.
    result = other + 2.0 * (person - other)
    head = head_map(guided.recipe.crop, (16, 16))
    assert head.max() > 0.75
    assert head.min() < 0.05
    wanted = with_adapter[0] + 0.8 * head * (with_adapter[0] - without[0])
    torch.testing.assert_close(result[0], wanted, rtol=0, atol=1e-4)
    # A row of nobody is guided as ever, away from the negative prompt.
    negative = alone(guided, [BASE, BASE], prompt=None)
    assert (negative - without).abs().max() > 1e-3
    torch.testing.assert_close(other[1], negative[1], rtol=0, atol=1e-5)


def test_what_lies_away_from_the_head_is_drawn_as_for_anybody(guided: BaseModel, ada: Path) -> None:
    how = replace(guided.recipe.sample, person_apart=1.0)
    guided.recipe = replace(guided.recipe, sample=how)
    other, person = predict(guided, ["slot0", BASE], 500, BOTH).chunk(2)
    with_adapter, without = alone(guided, ["slot0", BASE]), alone(guided, [BASE, BASE])
    result = other + 2.0 * (person - other)
    head = head_map(guided.recipe.crop, (16, 16))
    away, within = head < 0.02, head > 0.75
    assert away.any()
    apart = (with_adapter[0] - without[0]).abs()
    assert apart[:, away].max() > 1e-2
    assert (result[0] - without[0])[:, away].abs().max() < 0.05 * apart.max()
    led = with_adapter[0] + 0.8 * head * (with_adapter[0] - without[0])
    assert (result[0] - led)[:, within].abs().max() < 0.3 * apart.max()
    negative = alone(guided, [BASE, BASE], prompt=None)
    torch.testing.assert_close(other[1], negative[1], rtol=0, atol=1e-5)


def test_the_first_steps_are_guided_plainly(guided: BaseModel, ada: Path) -> None:
    guided.recipe = replace(guided.recipe, sample=replace(guided.recipe.sample, person_from=0.25))
    early, _ = predict(guided, ["slot0"], 800, BOTH).chunk(2)
    late, _ = predict(guided, ["slot0"], 700, BOTH).chunk(2)
    plain = alone(guided, ["slot0"], 800, prompt=None)
    torch.testing.assert_close(early, plain, rtol=0, atol=1e-5)
    assert (late - alone(guided, ["slot0"], 700, prompt=None)).abs().max() > 1e-3


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.int16)


def test_guided_pictures_do_not_depend_on_their_neighbours(guided: BaseModel, ada: Path) -> None:
    specs = [
        SampleSpec("ada", ada, LOOK, 5),
        SampleSpec("nobody", None, LOOK, 5),
        SampleSpec("ada", ada, LOOK, 6),
    ]
    together = sample(guided, specs)
    for spec, picture in zip(specs, together, strict=True):
        assert np.abs(pixels(sample(guided, [spec])[0]) - pixels(picture)).max() <= 1
    how = replace(guided.recipe.sample, person_guidance=())
    guided.recipe = replace(guided.recipe, sample=how)
    plain = sample(guided, specs)
    assert np.abs(pixels(plain[1]) - pixels(together[1])).max() <= 1
    assert np.abs(pixels(plain[0]) - pixels(together[0])).mean() > 0.5


def test_the_seed_says_how_strongly_a_person_is_brought_out(guided: BaseModel, ada: Path) -> None:
    even, odd = (sample(guided, [SampleSpec("ada", ada, LOOK, seed)])[0] for seed in (6, 5))
    for strength, seed, wanted in ((1.8, 6, even), (1.2, 5, odd)):
        how = replace(guided.recipe.sample, person_guidance=(strength,))
        guided.recipe = replace(guided.recipe, sample=how)
        again = sample(guided, [SampleSpec("ada", ada, LOOK, seed)])[0]
        assert np.abs(pixels(again) - pixels(wanted)).max() <= 1


def test_who_is_drawn_gently_has_the_head_that_the_adapter_draws(
    guided: BaseModel, ada: Path, tmp_path: Path
) -> None:
    calm = tmp_path / "calm.safetensors"
    adapters.write(calm, {"unet": adapters.read(ada, "unet")[0]}, {"gentle": True})
    specs = [SampleSpec("ada", ada, LOOK, 6), SampleSpec("ada", calm, LOOK, 6)]
    strong, gentle = sample(guided, specs)
    how = replace(guided.recipe.sample, person_guidance=(1.0,))
    guided.recipe = replace(guided.recipe, sample=how)
    wanted = sample(guided, specs[:1])[0]
    assert np.abs(pixels(gentle) - pixels(wanted)).max() <= 1
    assert np.abs(pixels(gentle) - pixels(strong)).mean() > 0.5
