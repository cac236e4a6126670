"""Colour measures on pixels: sRGB to CIE Lab, the skin of a face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine.faces import Face

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def lab(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """CIE Lab (D65) of sRGB values 0..255; any shape [..., 3]."""
    values = np.asarray(rgb, np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    cube = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack(
        [
            116 * cube[..., 1] - 16,
            500 * (cube[..., 0] - cube[..., 1]),
            200 * (cube[..., 1] - cube[..., 2]),
        ],
        axis=-1,
    )


def delta(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """CIE76 difference of two Lab colours."""
    return float(np.linalg.norm(np.asarray(one) - np.asarray(other)))


def skin(image: Image.Image, face: Face) -> NDArray[np.float64]:
    """Median Lab colour of the cheeks, [3]: two patches below the eyes, beside the nose.

    Light changes it as much as make-up does, so it tells drift, not identity.
    """
    pixels = np.asarray(image.convert("RGB"))
    left, right = face.eyes
    nose = np.asarray(face.landmarks[4])
    span = float(np.hypot(*(right - left)))
    radius = max(1, round(span * 0.14))
    patches = []
    for eye in (left, right):
        x, y = np.round(eye + (nose - (left + right) / 2) * 1.05).astype(int)
        x0, y0 = max(0, x - radius), max(0, y - radius)
        patch = pixels[y0 : y + radius + 1, x0 : x + radius + 1]
        if patch.size:
            patches.append(patch.reshape(-1, 3))
    if not patches:
        return np.zeros(3)
    return np.asarray(np.median(lab(np.concatenate(patches)), axis=0))
