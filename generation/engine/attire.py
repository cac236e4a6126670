"""Whether the clothes of a picture are the ordered ones, by what the base model draws for the same
words without any adapter.

Training sees people in their own clothes, and a strong adapter may put those, long hair or nothing
at all where a suit was ordered. The base model alone knows nobody and keeps to the words. Colours
across the chest are compared cell by cell, and only the half of them that fit best: hair, a beard
or a scarf may lie over the rest. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine import colour, geometry
from generation.engine.faces import Points

# Mean Lab colours of cells across the chest, [cells, 3].
Clothes = NDArray[Any]

# In distances between the eyes, downwards from them: where the chin ends, and the most that is
# looked at; and to each side. Of what lies between chin and lower edge the last third.
_CHIN, _MOST, _SIDE = 1.7, 4.0, 2.0
# The distance between the eyes it is measured at, in pixels.
_SPAN = 20.0
_CELLS = 8


def measure(image: Image.Image, landmarks: Points) -> Clothes:
    """What somebody wears across the chest, by the five landmarks of their face."""
    points = np.asarray(landmarks, np.float64)
    eyes = points[0:2].mean(axis=0), points[2:4].mean(axis=0)
    between = float(np.linalg.norm(eyes[0] - eyes[1])) or 1.0
    room = (image.height - float(eyes[0][1] + eyes[1][1]) / 2) / between
    low = min(_MOST, max(room, _CHIN + 0.3))
    top = low - (low - _CHIN) / 3
    size = (round(2 * _SIDE * _SPAN), max(2, round((low - top) * _SPAN)))
    placed = geometry.place(image, landmarks, size, (_SIDE * _SPAN, -top * _SPAN), _SPAN)
    values = colour.lab(np.asarray(placed)).reshape(size[1], _CELLS, -1, 3)
    return np.asarray(values.mean(axis=(0, 2)))


def apart(drawn: Clothes, ordered: Sequence[Clothes]) -> float:
    """How far clothes are from the nearest of the `ordered` ones: mean CIE76 of the half of the
    cells that are nearest. The same clothes lie below 12 on the embedded model's pictures."""
    nearest = np.inf
    for one in ordered:
        away = np.sort(np.linalg.norm(drawn - one, axis=1))
        nearest = min(nearest, float(away[: len(away) // 2].mean()))
    return nearest
