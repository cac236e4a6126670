"""A base model of SDXL's layout so small that it trains in milliseconds, and drawn faces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from PIL import Image
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

from generation.engine import load
from generation.engine.specs import LookSpec

TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "proj_in", "conv1", "conv_in", "time_emb_proj"]
LOOK = LookSpec("navy suit", "studio grey")


def byte_tokenizer() -> CLIPTokenizer:
    """A CLIP tokenizer over single bytes, needing no download."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = [b for b in range(256) if b not in kept]
    letters = [chr(b) for b in kept] + [chr(256 + i) for i in range(len(moved))]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{c}</w>" for c in letters)]
    return CLIPTokenizer(
        vocab={word: i for i, word in enumerate(words)}, merges=[], model_max_length=77
    )


def build(folder: Path, seed: int = 0) -> Path:
    """Write a random SDXL pipeline of some 100,000 parameters, 32 x 32 pixels."""
    torch.manual_seed(seed)
    tokenizer = byte_tokenizer()
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        projection_dim=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    pipe = StableDiffusionXLPipeline(
        vae=AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            block_out_channels=(8, 8),
            latent_channels=4,
            norm_num_groups=4,
            sample_size=32,
            force_upcast=False,
        ),
        unet=UNet2DConditionModel(
            sample_size=16,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            block_out_channels=(16, 32),
            layers_per_block=1,
            attention_head_dim=(2, 4),
            cross_attention_dim=32,
            norm_num_groups=8,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=4,
            projection_class_embeddings_input_dim=24 + 16,
        ),
        text_encoder=CLIPTextModel(text),
        text_encoder_2=CLIPTextModelWithProjection(text),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        scheduler=EulerDiscreteScheduler(
            prediction_type="v_prediction",
            rescale_betas_zero_snr=True,
            timestep_spacing="trailing",
            beta_schedule="scaled_linear",
        ),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )
    pipe.save_pretrained(folder)
    settings = {
        "name": "tiny",
        "family": "sdxl",
        "resolution": 32,
        "token": "sks",
        "crop": {"eye_distance": 0.24, "zooms": [1.0]},
        "lora": {
            "rank": 4,
            "alpha": 4,
            "targets": TARGETS,
            "learning_rate": 1e-2,
            "steps": 6,
            "batch": 2,
            "warmup": 0,
            "checkpoint_every": 2,
        },
        "sample": {"steps": 3, "guidance": 2.0, "rescale": 0.5, "batch": 8},
        "prompt": {"headshot": "{token} {noun}, {attire}", "selfie": "{token}", "negative": None},
    }
    (folder / "engine.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random SDXL."""
    return build(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture
def base(tiny: Path) -> load.BaseModel:
    """The tiny model, loaded on the CPU."""
    return load.base_model(tiny, "cpu")


def portrait(seed: int, size: int = 48) -> Image.Image:
    """A picture of nobody: soft colours that depend on the seed, for training only."""
    chance = np.random.default_rng(seed)
    small = chance.integers(0, 255, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC)


LANDMARKS = ((32.0, 20.0), (27.0, 20.0), (16.0, 20.0), (21.0, 20.0), (24.0, 29.0))


@pytest.fixture
def photos(tmp_path: Path) -> dict[str, tuple[Path, ...]]:
    """Three pictures each of Ada, Bo and Cy."""
    found = {}
    for number, person in enumerate(("ada", "bo", "cy")):
        paths = []
        for index in range(3):
            path = tmp_path / f"{person}-{index}.png"
            portrait(10 * number + index).save(path)
            paths.append(path)
        found[person] = tuple(paths)
    return found


def face(
    size: int = 320,
    *,
    at: tuple[float, float] = (0.5, 0.5),
    height: float = 0.6,
    skin: tuple[int, int, int] = (205, 160, 135),
    back: tuple[int, int, int] = (120, 140, 150),
    on: Image.Image | None = None,
) -> Image.Image:
    """A shaded drawing that dlib takes for a frontal face, `height` of the picture high."""
    if on is None:
        y, x = np.mgrid[0:size, 0:size] / size
        noise = np.random.default_rng(0).normal(0, 6, (size, size, 1))
        canvas = np.asarray(back) + noise + (40 * (y - 0.5))[..., None]
    else:
        size = on.width
        y, x = np.mgrid[0:size, 0:size] / size
        canvas = np.asarray(on, np.float64)
    u, v = (x - at[0]) / height, (y - at[1]) / height

    def blob(cx: float, cy: float, rx: float, ry: float, edge: float = 14.0) -> np.ndarray:
        reach = np.hypot((u - cx) / rx, (v - cy) / ry)
        return (1 / (1 + np.exp(np.clip((reach - 1) * edge, -50, 50))))[..., None]

    def paint(mask: np.ndarray, colour: tuple[float, float, float], strength: float = 1.0) -> None:
        nonlocal canvas
        canvas = canvas + mask * strength * (np.asarray(colour) - canvas)

    tone = np.asarray(skin, np.float64)
    dark, light = tuple(tone * 0.45), tuple(np.minimum(255, tone * 1.12))
    paint(blob(0, -0.12, 0.42, 0.50, 30), (50, 36, 30))
    paint(blob(0, 0.55, 0.20, 0.35, 20), tuple(tone * 0.8))
    shade = (1 - 0.35 * np.clip(np.hypot(u / 0.38, v / 0.5), 0, 1) ** 3)[..., None]
    mask = blob(0, 0.02, 0.36, 0.47, 30)
    canvas = canvas + mask * (tone * shade - canvas)
    paint(blob(0, -0.28, 0.25, 0.12, 4), light, 0.5)
    for side in (-1, 1):
        paint(blob(side * 0.165, -0.06, 0.10, 0.065, 6), dark, 0.55)
        paint(blob(side * 0.165, -0.05, 0.075, 0.032, 16), (240, 238, 235))
        paint(blob(side * 0.165, -0.05, 0.034, 0.034, 16), (45, 35, 30))
        paint(blob(side * 0.165, -0.155, 0.11, 0.022, 8), (60, 42, 34), 0.9)
        paint(blob(side * 0.22, 0.13, 0.08, 0.06, 4), light, 0.4)
        paint(blob(side * 0.045, 0.15, 0.024, 0.016, 8), dark, 0.8)
    paint(blob(0, 0.05, 0.03, 0.12, 4), light, 0.6)
    paint(blob(0, 0.165, 0.08, 0.02, 4), dark, 0.5)
    paint(blob(0, 0.275, 0.125, 0.034, 8), (165, 82, 80))
    paint(blob(0, 0.272, 0.115, 0.008, 8), (90, 40, 40))
    paint(blob(0, 0.35, 0.08, 0.02, 3), dark, 0.35)
    return Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))
