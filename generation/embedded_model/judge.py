"""Measure a finished model: are there faces, and do seeds give different people?

    python -m generation.embedded_model.judge FOLDER --count 64 --sheet sheet.png

Prompts are looks of the product for "sks person". Faces are found at four times the size.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionXLPipeline
from diffusers.models.attention_processor import AttnProcessor
from PIL import Image

from generation.embedded_model.contact import draw_captions, headshot_captions


def load(folder: Path) -> StableDiffusionXLPipeline:
    """The pipeline of `folder` in fp32 with attention that is fast on a CPU."""
    pipe = StableDiffusionXLPipeline.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    )
    pipe.unet.set_attn_processor(AttnProcessor())
    return pipe


def measure(images: Sequence[Image.Image]) -> dict[str, float]:
    """Share of `images` with exactly one face and distances between those faces."""
    from generation.engine import faces

    found = []
    for image in images:
        seen = faces.detect(image)
        if len(seen) == 1:
            found.append(faces.describe(image, seen[0]))
    gaps = [faces.distance(a, b) for a, b in combinations(found, 2)]
    return {
        "images": len(images),
        "one_face": round(len(found) / len(images), 4),
        "distance_mean": round(float(np.mean(gaps)), 4) if gaps else 0.0,
        "distance_p05": round(float(np.percentile(gaps, 5)), 4) if gaps else 0.0,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, measure, print, and keep the pictures as a sheet."""
    parser = argparse.ArgumentParser(description="Measure the embedded model.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--sheet", type=Path, default=None)
    options = parser.parse_args(arguments)
    pipe = load(options.folder)
    prompts = headshot_captions(options.count)
    images: list[Image.Image] = []
    for at in range(0, options.count, 8):
        part = prompts[at : at + 8]
        images += draw_captions(pipe, part, [1000 + at + k for k in range(len(part))])
    print(json.dumps(measure(images)))
    if options.sheet is not None:
        rows = [np.concatenate([np.asarray(i) for i in images[at : at + 8]], 1)
                for at in range(0, len(images) - 7, 8)]  # fmt: skip
        Image.fromarray(np.concatenate(rows)).resize(
            (1536, 192 * len(rows)), Image.Resampling.BICUBIC
        ).save(options.sheet)


if __name__ == "__main__":
    main()
