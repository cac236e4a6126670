"""People whose matte is known, on any backdrop, and how far a found matte is from it.

The astronaut of scikit-image, whose matte lies beside this file (solved on her own plain
backdrop, what hangs in there taken out by hand), and people of the renderer, whose own matte
follows from the same drawing on black and on white.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from generation.embedded_model.demo_people import choose_people
from generation.embedded_model.renderer import Scene, draw
from generation.embedded_model.renderer.backdrop import draw_backdrop
from generation.engine.finishing import Cutout, matte

Pixels = NDArray[np.uint8]
Shares = NDArray[Any]

_MATTE = Path(__file__).with_name("astronaut_matte.png")
_drawing: Any = importlib.import_module("generation.embedded_model.renderer.draw")

PHOTOGRAPHED = (
    "coffee",
    "rocket",
    "chelsea",
    "brick",
    "gravel",
    "grass",
    "hubble_deep_field",
    "immunohistochemistry",
    "retina",
    "stereo_motorcycle",
)
PLACES = (
    "office",
    "outdoors",
    "kitchen",
    "bookshelf",
    "street",
    "garden",
    "bedroom",
    "cafe",
    "brick wall",
    "sunset",
)
PLAIN = ("studio grey", "studio white", "studio blue", "warm beige")


@dataclass(frozen=True)
class Sitter:
    """Somebody whose matte is known: `lit` is their colour times their share, sRGB 0..1."""

    lit: Shares
    alpha: Shares

    def on(self, backdrop: Pixels) -> Image.Image:
        """The sitter before a picture of their own size."""
        behind = backdrop.astype(np.float32) / 255
        mixed = self.lit + behind * (1 - self.alpha[..., None])
        return Image.fromarray(np.clip(mixed * 255 + 0.5, 0, 255).astype(np.uint8))

    def before(self, name: str) -> Image.Image:
        """The sitter before the backdrop of that name."""
        height, width = self.alpha.shape
        return self.on(backdrop(name, width, height))


@cache
def astronaut() -> Sitter:
    """Eileen Collins, 290 by 330, her face 97 pixels high."""
    pixels = skimage.data.astronaut()[:330, 90:380]
    with Image.open(_MATTE) as opened:
        alpha = np.asarray(opened, np.float32) / 255
    own = matte.foreground(pixels, alpha).astype(np.float32) / 255
    return Sitter(own * alpha[..., None], alpha)


@cache
def drawn(number: int, side: int = 384) -> Sitter:
    """Person `number` of the renderer in soft light."""
    scene = Scene.sample(500 + number, "headshot").but(light="soft light")
    seen = []
    for value in (0.0, 1.0):
        _drawing.draw_backdrop = lambda name, seed, size, value=value: np.full(
            (size, size, 3), value, np.float32
        )
        try:
            seen.append(draw(choose_people(8)[number], scene, side).astype(np.float32) / 255)
        finally:
            _drawing.draw_backdrop = draw_backdrop
    black, white = seen
    alpha = 1 - (white - black).mean(axis=-1)
    return Sitter(black, np.clip(alpha, 0, 1).astype(np.float32))


@cache
def backdrop(name: str, width: int, height: int) -> Pixels:
    """A photograph that scikit-image ships or a place of the renderer, cut to fill."""
    if name in PHOTOGRAPHED:
        found = getattr(skimage.data, name)()
        picture = Image.fromarray(found[0] if isinstance(found, tuple) else found).convert("RGB")
        scale = max(width / picture.width, height / picture.height)
        size = (round(picture.width * scale + 0.5), round(picture.height * scale + 0.5))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
        left, top = (size[0] - width) // 2, (size[1] - height) // 2
        return np.asarray(picture.crop((left, top, left + width, top + height)))
    side = max(width, height)
    place = (draw_backdrop(name, 7, side) * 255 + 0.5).astype(np.uint8)
    left, top = (side - width) // 2, (side - height) // 2
    return place[top : top + height, left : left + width]


@dataclass(frozen=True)
class Miss:
    """How far a matte is from the true one. `mean`: the absolute difference, `wrong`: the share of
    pixels that are off by more than 0.5, `loose`: pixels that hang together with nobody, as a share
    of the picture, `hair`: the mean difference of slopes about the head's edge."""

    mean: float
    wrong: float
    loose: float
    hair: float


def miss(cut: Cutout, true: Shares) -> Miss:
    """Compare the matte of a cutout with the true one, at the true one's size."""
    height, width = true.shape
    found = cv2.resize(cut.alpha, (width, height), interpolation=cv2.INTER_AREA)
    away = np.abs(found - true)
    solid = (found > 0.5).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(solid)
    largest = stats[1:, cv2.CC_STAT_AREA].max(initial=0)
    loose = (solid.sum() - largest) / solid.size
    rim = cv2.dilate(((true > 0.02) & (true < 0.98)).astype(np.uint8), np.ones((9, 9), np.uint8))
    rim[int(cut.face.box[3] * height / cut.alpha.shape[0]) :] = 0
    slopes = [np.hypot(*np.gradient(shares)) for shares in (found, true)]
    return Miss(
        mean=float(away.mean()),
        wrong=float((away > 0.5).mean()),
        loose=float(loose),
        hair=float(np.abs(slopes[0] - slopes[1])[rim > 0].mean()),
    )
