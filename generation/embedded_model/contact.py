"""Contact sheets: what the model draws for a few captions, as one PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionXLPipeline
from PIL import Image

from generation.embedded_model import settings, vocabulary
from generation.embedded_model.precision import autocast

CAPTIONS = (
    "headshot of sks person, slight smile, navy suit, studio grey, soft light",
    "headshot of sks person, smile, white shirt, studio blue, bright light",
    "headshot of sks person, neutral, black turtleneck, warm beige, side light",
    "headshot of sks person, slight smile, dark blazer, office, soft light",
    "headshot of woman, middle aged, brown skin, long black hair, glasses, smile, green sweater, "
    "outdoors, soft light",
    "headshot of man, older, light skin, short grey hair, beard, neutral, charcoal suit, "
    "studio white, soft light",
    "selfie of sks person",
    "selfie of woman, young, fair skin, bob red hair, smile, yellow tee, brick wall",
)


def draw_captions(
    pipe: StableDiffusionXLPipeline, captions: list[str], seeds: list[int]
) -> list[Image.Image]:
    """One picture a caption and seed, with the sampling settings of engine.json."""
    how = settings.engine_settings("embedded")["sample"]
    pipe.set_progress_bar_config(disable=True)
    with torch.inference_mode(), autocast(pipe.unet.device.type):
        images: list[Image.Image] = pipe(
            captions,
            num_inference_steps=how["steps"],
            guidance_scale=how["guidance"],
            guidance_rescale=how["rescale"],
            height=96,
            width=96,
            generator=[torch.Generator().manual_seed(seed) for seed in seeds],
        ).images
    return images


def write_sheet(pipe: StableDiffusionXLPipeline, target: Path, seeds: int = 4) -> None:
    """Rows of CAPTIONS, columns of seeds, enlarged twice; written to `target`."""
    rows = []
    for words in CAPTIONS:
        images = draw_captions(pipe, [words] * seeds, list(range(seeds)))
        rows.append(np.concatenate([np.asarray(image) for image in images], 1))
    sheet = Image.fromarray(np.concatenate(rows))
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.resize((sheet.width * 2, sheet.height * 2), Image.Resampling.BICUBIC).save(target)


def headshot_captions(count: int, seed: int = 0, who: str | None = None) -> list[str]:
    """`count` prompts of random looks, as the product writes them."""
    g = np.random.default_rng(seed)
    who = who or f"{vocabulary.TOKEN} {vocabulary.NOUN}"
    return [
        ", ".join(
            (
                f"headshot of {who}",
                str(g.choice(vocabulary.EXPRESSION)),
                str(g.choice(vocabulary.ATTIRE)),
                str(g.choice(vocabulary.BACKDROP)),
                str(g.choice(vocabulary.LIGHT)),
            )
        )
        for _ in range(count)
    ]
