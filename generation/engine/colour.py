"""Colour measures on pixels: sRGB to CIE Lab, the skin of a face."""

from __future__ import annotations

from typing import Any

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


def linear(rgb: NDArray[Any]) -> NDArray[Any]:
    """Light, 0..1, of sRGB values 0..255."""
    values = rgb / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(light: NDArray[Any]) -> NDArray[Any]:
    """sRGB values, 0..1, of light; what is beyond 0..1 is cut off."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def lab(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """CIE Lab (D65) of sRGB values 0..255; any shape [..., 3]."""
    xyz = linear(np.asarray(rgb, np.float64)) @ _TO_XYZ.T / _WHITE
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


def delta_e(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.float64]:
    """CIEDE2000 differences of Lab colours [..., 3] (Sharma, Wu and Dalal 2005)."""
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    l1, a1, b1 = np.moveaxis(first, -1, 0)
    l2, a2, b2 = np.moveaxis(second, -1, 0)
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(mean_c7 / (mean_c7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    grey = c1 * c2 == 0
    apart = np.where(grey, 0.0, (h2 - h1 + 180) % 360 - 180)
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(apart) / 2)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(
        grey, h1 + h2, np.where(np.abs(h1 - h2) <= 180, h1 + h2, h1 + h2 + 360) / 2 % 360
    )
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    off = (mean_l - 50) ** 2
    sl = 1 + 0.015 * off / np.sqrt(20 + off)
    sc = 1 + 0.045 * mean_c
    sh = 1 + 0.015 * mean_c * t
    c7 = mean_c**7
    turn = np.radians(30 * np.exp(-(((mean_h - 275) / 25) ** 2)))
    rt = -2 * np.sqrt(c7 / (c7 + 25.0**7)) * np.sin(2 * turn)
    squares = (dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * (dc / sc) * (dh / sh)
    return np.asarray(np.sqrt(np.maximum(squares, 0)), np.float64)
