"""How much of a GPU's arithmetic the engine uses on an SDXL of full size.

Random weights in bf16 at 1024 px, straight through the engine: pictures of 30 steps with
guidance, and adapters of 1, 4 and 8 people at once. The ceiling is what the same device reaches
in large bf16 matrix products, measured in the same run. Writes gpu.json to var/bench/; on a host
without CUDA it says so and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from generation.engine import adapters, seats, train
from generation.engine.errors import EngineError
from generation.engine.families.interface import join
from generation.engine.families.sdxl import Sdxl
from generation.engine.load import BaseModel
from generation.engine.recipe import LoraSettings, Recipe, SampleSettings
from generation.engine.sample import sample
from generation.engine.specs import LookSpec, SampleSpec, TrainSpec
from tests.benchmarks._report import Figure, report, say
from tests.generation.engine.conftest import byte_tokenizer

# TFLOP of SDXL at 1024 px for one row: a UNet forward and a decode of the VAE.
FORWARD, DECODE = 6.761, 10.47
LOOK = LookSpec("navy suit", "studio grey")


def full_sdxl(device: torch.device) -> BaseModel:
    """An SDXL base in its published sizes with random weights, in bf16 on `device`.

    The text encoders have one layer each, as prompts are encoded once and not measured.
    """
    tokenizer = byte_tokenizer()
    words = {"vocab_size": len(tokenizer), "num_hidden_layers": 1, "bos_token_id": 0,
             "eos_token_id": 1, "pad_token_id": 1}  # fmt: skip
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            parts: dict[str, torch.nn.Module] = dict(  # noqa: C408
                vae=AutoencoderKL(
                    down_block_types=("DownEncoderBlock2D",) * 4,
                    up_block_types=("UpDecoderBlock2D",) * 4,
                    block_out_channels=(128, 256, 512, 512),
                    layers_per_block=2,
                    latent_channels=4,
                    sample_size=1024,
                    scaling_factor=0.13025,
                    force_upcast=False,
                ),
                unet=UNet2DConditionModel(
                    sample_size=128,
                    down_block_types=(
                        "DownBlock2D",
                        "CrossAttnDownBlock2D",
                        "CrossAttnDownBlock2D",
                    ),
                    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
                    block_out_channels=(320, 640, 1280),
                    layers_per_block=2,
                    transformer_layers_per_block=(1, 2, 10),
                    attention_head_dim=(5, 10, 20),
                    cross_attention_dim=2048,
                    use_linear_projection=True,
                    addition_embed_type="text_time",
                    addition_time_embed_dim=256,
                    projection_class_embeddings_input_dim=2816,
                ),
                text_encoder=CLIPTextModel(
                    CLIPTextConfig(hidden_size=768, intermediate_size=768, **words)
                ),
                text_encoder_2=CLIPTextModelWithProjection(
                    CLIPTextConfig(
                        hidden_size=1280,
                        intermediate_size=1280,
                        projection_dim=1280,
                        num_attention_heads=20,
                        **words,
                    )
                ),
            )
    finally:
        torch.set_default_dtype(before)
    pipe = StableDiffusionXLPipeline(
        **parts,
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear"),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )
    recipe = Recipe("sdxl-random", "sdxl", sample=SampleSettings(steps=30, guidance=5.0))
    return BaseModel(Path("."), recipe, Sdxl(pipe, recipe, device, torch.bfloat16), device)


def wait(device: torch.device) -> None:
    """Until all that was asked of `device` is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def clock(device: torch.device, work: Callable[[], object], times: int) -> float:
    """Seconds of one `work`, over `times` of them, after one that is not counted."""
    work()
    wait(device)
    start = time.perf_counter()
    for _ in range(times):
        work()
    wait(device)
    return (time.perf_counter() - start) / times


def matmul_rate(device: torch.device, side: int = 8192, times: int = 20) -> float:
    """TFLOP a second of bf16 products of `side` x `side` matrices."""
    one, other = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * side**3 / clock(device, lambda: one @ other, times) / 1e12


def drawing(base: BaseModel, people: int, times: int, folder: Path) -> float:
    """Pictures a second in batches of one picture each of `people` with adapters of their own."""
    slots, usual = base.slots, base.recipe
    slots.grow(1)
    specs = []
    for number in range(people):
        slots.reset("slot0", number)
        chance = torch.Generator("cpu").manual_seed(number)
        for key, weight in slots.weights("slot0").items():
            if ".lora_B." in key:
                # So faint that the pictures stay numbers; what it costs is the same.
                weight.data.copy_(1e-3 * torch.randn(weight.shape, generator=chance))
        path = folder / f"{number}.safetensors"
        adapters.write(path, {base.family.prefix: slots.take("slot0")}, {})
        specs.append(SampleSpec(str(number), path, LOOK, number))
    base.recipe = replace(usual, sample=replace(usual.sample, batch=people))
    try:
        return people / clock(base.device, lambda: sample(base, specs), times)
    finally:
        base.recipe = usual


def training(base: BaseModel, people: int, times: int, folder: Path) -> float:
    """Training pictures a second, by the engine's own steps of `people` at once."""
    lora, side, run = base.recipe.lora, base.recipe.resolution, train._Run(base)
    latents = base.family.encode_images(torch.rand(1, 3, side, side) * 2 - 1)
    data = seats.Data(
        latents=latents.expand(lora.batch, -1, -1, -1),
        conditioning=join([base.prompt("a person")] * lora.batch),
        weights=seats.focus(base.recipe.crop, latents.shape[-2:]),
        descriptors=np.zeros((0, 128)),
    )
    sitting: list[seats.Seat] = []
    for seed in range(people):
        spec = TrainSpec(str(seed), (), seed)
        run.seat(seats.Seat(spec, folder, "", lora.steps, data=data), sitting)
    try:
        rate = people * lora.batch / clock(base.device, lambda: run.step(sitting), times)
    finally:
        base.slots.require_grad(())
    if any(seat.apart == "numbers" for seat in sitting):
        raise EngineError("Steps were left out, as their values are not numbers.")
    return rate


def figures(base: BaseModel, ceiling: float, times: int = 3) -> list[Figure]:
    """Everything that is measured, as shares of `ceiling` TFLOP a second."""
    found = [Figure("bf16 products", ceiling, "TFLOP/s", "", None, "8192 x 8192, same run")]
    a_picture = 2 * base.recipe.sample.steps * FORWARD + DECODE
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        drawn = [(people, drawing(base, people, times, folder)) for people in (1, 4, 8)]
        trained = [(people, training(base, people, times * 3, folder)) for people in (1, 4, 8)]
    for people, rate in drawn:
        share = 100 * rate * a_picture / ceiling
        found += [
            Figure(f"drawing {people} at once", rate, "images/s", "", None, "an adapter each"),
            Figure(f"drawing {people} at once, of the ceiling", share, "%", "≥ 70", share >= 70,
                   f"{a_picture:.0f} TFLOP a picture, what adapters add not counted"),
        ]  # fmt: skip
        say(f"drawing {people}: {rate:.2f} images/s")
    for people, rate in trained:
        share = 100 * rate * 2 * FORWARD / ceiling
        found += [
            Figure(f"training {people} people", rate, "pictures/s"),
            Figure(f"training {people} people, of the ceiling", share, "%", "≥ 50", share >= 50,
                   "two forwards a picture, what is computed again not counted"),
        ]  # fmt: skip
        say(f"training {people}: {rate:.2f} pictures/s")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        say("No CUDA device here: the GPU benchmark measures nothing.")
        return
    device = torch.device("cuda")
    ceiling = matmul_rate(device)
    say(f"{torch.cuda.get_device_name(device)}: {ceiling:.0f} TFLOP/s in bf16 products")
    base = full_sdxl(device)
    lora = LoraSettings()
    say(f"SDXL with random weights, adapters of rank {lora.rank}")
    report("gpu", figures(base, ceiling, options.times))


if __name__ == "__main__":
    main()
