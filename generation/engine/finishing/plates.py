"""What is put behind everybody: drawn for each size anew, so that it is the same for all."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from generation.engine.finishing.specs import PlateSpec

Array = NDArray[Any]


def rgb(colour: str) -> tuple[int, int, int]:
    """The channels of "#rrggbb". Raises ValueError for anything else."""
    if len(colour) != 7 or not colour.startswith("#"):
        raise ValueError(f"{colour!r} is no colour like #1a2b3c.")
    value = int(colour[1:], 16)
    return value >> 16, value >> 8 & 255, value & 255


@lru_cache(maxsize=16)
def paint(plate: PlateSpec, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The plate in `size` (width, height), RGB, not to be written to: a roster shares it. A fixed
    fine grain keeps gradients from banding.

    Raises ValueError for an unknown kind, OSError for a picture that cannot be read.
    """
    width, height = size
    colours = [np.array(rgb(c), np.float32) for c in plate.colours] or [np.zeros(3, np.float32)]
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    if plate.kind == "colour":
        out: Array = np.broadcast_to(colours[0], (height, width, 3)).copy()
    elif plate.kind == "gradient":
        angle = np.radians(plate.angle)
        along = (x - 0.5) * np.sin(angle) + (y - 0.5) * np.cos(angle)
        reach = (abs(np.sin(angle)) + abs(np.cos(angle))) / 2
        out = _between(colours, (along / reach + 1) / 2)
    elif plate.kind == "brand":
        far = np.hypot((x - 0.42) * width / height * 1.1, y - 0.36) / 0.95
        out = _between(colours, far**1.2)
    elif plate.kind == "picture" and plate.picture is not None:
        out = np.asarray(_filled(plate.picture, size), np.float32)
    else:
        raise ValueError(f"{plate.kind!r} is no kind of plate.")
    if plate.fall_off:
        far = np.hypot((x - 0.5) * width / height, y - 0.42)
        light = 1 - plate.fall_off * np.clip(far / 0.85, 0, 1) ** 2
        out = out * light[..., None]
    if plate.kind != "picture":
        out = out + np.random.default_rng(7).uniform(-0.5, 0.5, (height, width, 1))
    done = np.asarray(np.clip(out + 0.5, 0, 255), np.uint8)
    done.setflags(write=False)
    return done


def _between(colours: list[Array], at: Array) -> Array:
    """Colours mixed along `at` 0..1, evenly spaced, in linear light."""
    linear = [(c / 255) ** 2.2 for c in colours]
    if len(linear) == 1:
        linear.append(linear[0])
    place = np.clip(at, 0, 1) * (len(linear) - 1)
    low = np.clip(place.astype(int), 0, len(linear) - 2)
    table = np.stack(linear)
    share = (place - low)[..., None]
    mixed = table[low] * (1 - share) + table[low + 1] * share
    return np.asarray(mixed ** (1 / 2.2) * 255, np.float32)


def _filled(path: Path, size: tuple[int, int]) -> Image.Image:
    with Image.open(path) as picture:
        picture.draft("RGB", (size[0] * 2, size[1] * 2))
        fitted = ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS)
    pixels = np.asarray(fitted)
    # A little out of focus, as what is behind a person is.
    blur = max(size) / 400
    return Image.fromarray(cv2.GaussianBlur(pixels, (0, 0), blur))
