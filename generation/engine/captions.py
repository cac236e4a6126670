"""What of a photo is not the person, in words for its caption.

What a caption names, an adapter need not learn as the person's own: a turned head, light, clothes,
what is behind them. It is read from the square that is trained, by its colours: no model, a few
milliseconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine import colour
from generation.engine.faces import Face, Points
from generation.engine.recipe import CropSettings

# The square is looked at with this many pixels a side.
_SIDE = 96
_TURNED = 0.2
# Lightness: of what is brightest in a dim face, and between the halves of one lit from the side.
_DIM, _ASIDE = 45.0, 22.0
# How far (CIE76) three quarters of a plain backdrop lie from its middle at most.
_PLAIN = 7.0
# Clothes are in the picture where it reaches so far below the eyes, in distances between them.
_CHEST = 2.2
# Below this chroma a colour is a grey; lightness that parts black, grey and white.
_GREY, _BLACK, _WHITE = 10.0, 25.0, 82.0
# Lab hues (degrees) up to which a colour has a name.
_HUES = ((50.0, "red"), (80.0, "orange"), (110.0, "yellow"), (190.0, "green"), (308.0, "blue"),
         (345.0, "purple"), (360.0, "red"))  # fmt: skip


def read(square: Image.Image, landmarks: Points, crop: CropSettings) -> str:
    """Words for a square that was cut as `crop` says from a photo with these five landmarks (in the
    photo's pixels), parted by commas: how the head is turned, the light, the clothes, the
    background."""
    small = square.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    values = colour.lab(np.asarray(small))
    words = []
    if Face((0, 0, 0, 0), landmarks, 0.0).turn > _TURNED:
        words.append("head turned to the side")
    words += _light(values, crop)
    span, eyes = crop.eye_distance * _SIDE, crop.eye_y * _SIDE
    if (_SIDE - eyes) / span > _CHEST:
        left, right = (round(crop.eye_x * _SIDE + side * 0.8 * span) for side in (-1, 1))
        chest = values[-max(2, _SIDE // 16) :, max(0, left) : right].reshape(-1, 3)
        words.append(f"{name(np.median(chest, axis=0))} clothes")
    beside = max(2, _SIDE // 10)
    low = round(min(_SIDE, eyes + span))
    behind = np.concatenate([values[:low, :beside], values[:low, -beside:]]).reshape(-1, 3)
    middle = np.median(behind, axis=0)
    away = float(np.percentile(np.linalg.norm(behind - middle, axis=1), 75))
    words.append(f"plain {name(middle)} background" if away < _PLAIN else "cluttered background")
    return ", ".join(words)


def name(lab: NDArray[Any]) -> str:
    """The everyday word for a colour in Lab [3]."""
    lightness, a, b = (float(value) for value in lab)
    chroma, hue = float(np.hypot(a, b)), float(np.degrees(np.arctan2(b, a))) % 360
    if lightness < _BLACK and chroma < 2 * _GREY:
        return "black"
    if chroma < _GREY:
        return "white" if lightness > _WHITE else "grey"
    word = next(word for most, word in _HUES if hue <= most)
    if word in ("orange", "yellow") and lightness > 60 and chroma < 35:
        return "beige"
    if word == "orange" and lightness < 50:
        return "brown"
    return "pink" if word == "red" and lightness > 65 else word


def _light(values: NDArray[np.float64], crop: CropSettings) -> list[str]:
    """What light a face is in, [h, w, 3] in Lab."""
    span, x, y = (part * _SIDE for part in (crop.eye_distance, crop.eye_x, crop.eye_y))
    top, low = (max(0, round(y + share * span)) for share in (0.2, 1.2))
    halves = [
        values[top:low, max(0, round(x + first * span)) : round(x + last * span), 0]
        for first, last in ((-0.7, -0.1), (0.1, 0.7))
    ]
    if any(half.size == 0 for half in halves):
        return []
    if float(np.percentile(np.concatenate([half.ravel() for half in halves]), 95)) < _DIM:
        return ["dim light"]
    left, right = (float(np.median(half)) for half in halves)
    return ["light from the side"] if abs(left - right) > _ASIDE else []
