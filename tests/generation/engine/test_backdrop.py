"""Where a person begins before studio paper that is not quite even."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.engine.finishing import backdrop

SIDE = 320
FACE = (95, 105, 225, 235)


def _paper() -> NDArray[np.float32]:
    """Grey paper in Lab, darker towards its upper corners, with the grain of a picture."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    light = 54 - 9 * np.clip(-y, 0, 1) ** 2 * np.abs(x) + 2 * y
    grain = np.random.default_rng(1).normal(0, 1.2, (SIDE, SIDE))
    return np.stack([light + grain, np.full_like(light, 2), np.full_like(light, -6)], axis=-1)


def _person(hair: float, reach: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Somebody with hair of that lightness, `reach` pixels to each side, up to the upper edge."""
    shape = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(shape, (160, 100), (reach, 115), 0, 0, 360, 1, -1)
    cv2.ellipse(shape, (160, 330), (150, 75), 0, 0, 360, 2, -1)
    cv2.rectangle(shape, (130, 220), (190, 270), 3, -1)
    cv2.ellipse(shape, (160, 170), (62, 75), 0, 0, 360, 3, -1)
    lab = _paper()
    for mark, colour in enumerate(((hair, 6, -7), (28, 15, -40), (62, 18, 26)), 1):
        lab[shape == mark] = colour
    lab += np.random.default_rng(2).normal(0, 0.8, lab.shape)
    rgb = cv2.cvtColor(cv2.GaussianBlur(lab.astype(np.float32), (0, 0), 1.5), cv2.COLOR_LAB2RGB)
    return (rgb.clip(0, 1) * 255).astype(np.uint8), shape > 0


def test_much_dark_hair_at_the_upper_edge_is_no_shadow_on_the_paper() -> None:
    for hair in (30.0, 34.0):
        picture, true = _person(hair, 110)
        mask, behind, _ = backdrop.person(picture, FACE)
        assert behind.flat
        assert float((mask > 0)[true].mean()) > 0.97
        assert float((mask > 0)[~true].mean()) < 0.02


def test_paper_that_is_lighter_in_the_middle_is_paper() -> None:
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    lab = np.stack([60 - 10 * (x * x + y * y), np.zeros_like(x), np.zeros_like(x)], axis=-1)
    behind = backdrop.read(lab, FACE)
    assert behind.flat
    assert behind.distance.max() < 2
