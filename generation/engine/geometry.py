"""Move a face to a wanted place: one similarity transform, one resampling."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine.faces import Points

# Where the five landmarks lie in an upright frontal face, in units of the distance between
# the eyes' centres, from the middle between them; y grows downwards. Means over faces.
_TEMPLATE = np.array(
    [[0.71, -0.02], [0.29, 0.02], [-0.71, -0.02], [-0.29, 0.02], [0.0, 0.74]], np.float64
)

# How much of the picture's side may be missing for its edge to be mirrored.
_MIRRORED = 0.08


def place(
    image: Image.Image,
    landmarks: Points,
    size: tuple[int, int],
    eyes: tuple[float, float],
    eye_distance: float,
) -> Image.Image:
    """A picture of `size` (width, height), RGB, in which the middle between the eyes lies
    at `eyes` and an average face's eyes are `eye_distance` apart, all in its pixels.

    The least-squares similarity of all five landmarks (Umeyama 1991), so that a turned head
    is not enlarged as its eyes come closer. Scaled with Lanczos, then turned and cropped at
    that size. Outside the picture its edge is continued: mirrored where little is
    missing, drawn out where mirroring would show.
    """
    target = _TEMPLATE * eye_distance + np.asarray(eyes)
    scale, rotation, shift = similarity(np.asarray(landmarks, np.float64), target)
    picture = image.convert("RGB")
    scaled = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(scaled, Image.Resampling.LANCZOS)

    # Pillow wants the inverse map, from the finished picture to the scaled one.
    grown = np.array([scaled[0] / image.width, scaled[1] / image.height])
    matrix = np.diag(grown) @ np.linalg.inv(scale * rotation)
    offset = -matrix @ shift
    width, height = size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ matrix.T + offset
    before = [math.ceil(max(0.0, v)) + 2 for v in -corners.min(axis=0)]
    after = [math.ceil(max(0.0, v)) + 2 for v in corners.max(axis=0) - scaled]
    margins = ((before[1], after[1]), (before[0], after[0]), (0, 0))
    little = max(*before, *after) <= _MIRRORED * min(scaled)
    pixels = np.pad(np.asarray(picture), margins, mode="symmetric" if little else "edge")
    offset = offset + before
    return Image.fromarray(pixels).transform(
        size,
        Image.Transform.AFFINE,
        (*matrix[0], offset[0], *matrix[1], offset[1]),
        Image.Resampling.BICUBIC,
    )


def from_template(
    landmarks: Points, eyes: tuple[float, float], eye_distance: float
) -> NDArray[np.float64]:
    """The affine map [2, 3] that brings five landmarks to where an average face has them, with
    the middle between the eyes at `eyes` and the eyes `eye_distance` apart."""
    target = _TEMPLATE * eye_distance + np.asarray(eyes)
    scale, rotation, shift = similarity(np.asarray(landmarks, np.float64), target)
    return np.hstack([scale * rotation, shift[:, None]])


def similarity(
    source: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """(scale, rotation [2, 2], shift [2]) that takes `source` [n, 2] nearest to `target`."""
    from_mean, to_mean = source.mean(axis=0), target.mean(axis=0)
    centred, aim = source - from_mean, target - to_mean
    u, values, v = np.linalg.svd(aim.T @ centred / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(u @ v)) or 1.0])
    rotation = u @ np.diag(sign) @ v
    scale = float((values * sign).sum() / max(1e-12, centred.var(axis=0).sum()))
    return scale, rotation, to_mean - scale * rotation @ from_mean
