"""What light a picture was taken in, read from the picture alone.

Where the backdrop is not known, all that is grey in a picture on the whole (shades of grey,
Finlayson and Trezzi 2004) says what the light's colour may be; a beige wall says the same. So the
skin has the last word: of all people, under neutral light, its hue lies in a narrow band, and a
cast is believed as far as taking it off leads the skin there. Its lightness says nothing: it is
the person's own.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine import colour
from generation.engine.faces import Face

Gains = tuple[float, float, float]
NEUTRAL: Gains = (1.0, 1.0, 1.0)

# Lab hue (degrees) and chroma of skin in neutral light, and how far people's lie from it (SD).
_HUE, _HUE_SPREAD = 56.0, 8.0
_CHROMA, _CHROMA_SPREAD = 22.0, 7.0
# How far lights lie from neutral, and from what the picture is on the whole (SD of log gains).
_LIGHTS, _SCENES = 0.2, 0.35
# Log gains of red and of blue against green that are tried; below the least nothing is changed.
_TRIED = np.linspace(-0.48, 0.48, 33)
_LEAST = 0.12
# A picture whose brightest parts stay below this share of white was taken too dark; it is lifted
# to this, at most so many times.
_DIM, _MOST_LIFTED = 0.45, 1.8
_SMALL = 160


def gains(pixels: NDArray[Any], face: Face) -> Gains:
    """What each linear channel of a picture (uint8 sRGB [h, w, 3]) is multiplied by for neutral
    light of a usual strength; NEUTRAL where it lies near that already."""
    factor = _SMALL / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    linear = colour.linear(
        cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    )
    seen = linear.reshape(-1, 3)
    # What is burnt out has no colour any more.
    seen = seen[(seen.max(axis=1) < 0.96) & (seen.max(axis=1) > 0.01)]
    if len(seen) < 100:
        return NEUTRAL
    mean = np.power(np.power(seen, 3).mean(axis=0), 1 / 3)
    scene = np.log(mean[1] / mean[[0, 2]])
    found = _likeliest(_skin(pixels, face), scene)
    # A grey card stays as bright as it was.
    found = found / float(found @ (0.2126, 0.7152, 0.0722))
    brightest = float(np.percentile(linear.max(axis=-1), 98))
    if brightest < _DIM:
        found = found * min(_MOST_LIFTED, _DIM / max(brightest, 1e-3))
    return float(found[0]), float(found[1]), float(found[2])


def balanced(pixels: NDArray[Any], by: Gains) -> NDArray[np.uint8]:
    """A picture, uint8 sRGB, with its linear channels multiplied by `by`."""
    steps = colour.linear(np.arange(256, dtype=np.float32)[:, None].repeat(3, axis=1)) * by
    table = np.clip(colour.encoded(steps) * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(np.ascontiguousarray(pixels), table[None]), np.uint8)


def _skin(pixels: NDArray[Any], face: Face) -> NDArray[np.float64]:
    """The cheeks' colour, linear RGB."""
    lab = np.asarray(colour.skin(Image.fromarray(pixels), face), np.float32)[None, None]
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0], 0, 1)
    return np.asarray(colour.linear(rgb * 255), np.float64)


def _likeliest(skin: NDArray[np.float64], scene: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gains that make the skin's colour a likely one, for a light that is likely and, less so,
    for what the scene is on the whole."""
    red, blue = np.meshgrid(_TRIED, _TRIED, indexing="ij")
    tried = np.exp(np.stack([red, np.zeros_like(red), blue], axis=-1))
    shown = colour.encoded(skin * tried).astype(np.float32)
    lab = cv2.cvtColor(shown, cv2.COLOR_RGB2LAB)
    hue = (np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) - _HUE + 180) % 360 - 180
    chroma = np.hypot(lab[..., 1], lab[..., 2]) - _CHROMA
    against = (
        (hue / _HUE_SPREAD) ** 2
        + (chroma / _CHROMA_SPREAD) ** 2
        + (red**2 + blue**2) / _LIGHTS**2
        + ((red - scene[0]) ** 2 + (blue - scene[1]) ** 2) / _SCENES**2
    )
    at = np.unravel_index(int(np.argmin(against)), red.shape)
    if np.hypot(red[at], blue[at]) < _LEAST:
        return np.ones(3)
    return np.asarray(tried[at], np.float64)
