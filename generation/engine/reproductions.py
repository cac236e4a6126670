"""Is a photo one of a picture: of a print, a card, or a screen? Needs no torch.

Two traces, each enough: all four sides of a picture around the face, which a person before a
window or a painting would hide; and a screen's or a print's grid in the face, where skin has
nothing that repeats.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine.faces import Face

# Frames are looked for on a copy whose longer side has so many pixels.
_SIDE = 480
# A frame's area as a share of the photo's, and how much of each side must be an edge.
_AREA = (0.04, 0.94)
_SUPPORT = 0.9
# Bounds of edges: faint ones on calm ground, then only those that stand out of a rough one.
_LEVELS = ((30, 90), (90, 200))
# A grid's strongest wave against the median one as short as it: the faces of 150 rendered and
# 15 real photos stay below 12, faint stripes on a screen reach hundreds.
_GRID = 25.0
_PATCH = 256


def is_reproduction(image: Image.Image, face: Face) -> bool:
    """Whether `image`, in which `face` was found, shows a picture of a person."""
    return grid(image, face) > _GRID or framed(image, face)


def framed(image: Image.Image, face: Face) -> bool:
    """Whether a quadrilateral with four visible sides lies all around the face."""
    scale = min(1.0, _SIDE / max(image.size))
    size = (round(image.width * scale), round(image.height * scale))
    small = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BOX))
    left, top, right, bottom = (value * scale for value in face.box)
    corners = [(left, top), (right, top), (left, bottom), (right, bottom)]
    return any(_framed(small, corners, *levels) for levels in _LEVELS)


def _framed(
    small: NDArray[np.uint8], corners: list[tuple[float, float]], weak: int, strong: int
) -> bool:
    # The web imports this module for its words, and must stay light.
    import cv2

    height, width = small.shape[:2]
    edges = np.max([_edges(small[..., channel], weak, strong) for channel in range(3)], axis=0)
    closed = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    near = cv2.dilate(edges, np.ones((3, 3), np.uint8)) > 0
    contours, _ = cv2.findContours(closed, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        hull = cv2.convexHull(contour)
        area = cv2.contourArea(hull) / (width * height)
        if not _AREA[0] < area < _AREA[1]:
            continue
        quad = cv2.approxPolyDP(hull, 0.03 * cv2.arcLength(hull, True), True)
        if len(quad) != 4 or cv2.contourArea(quad) < 0.9 * cv2.contourArea(hull):
            continue
        if any(cv2.pointPolygonTest(quad, corner, False) <= 0 for corner in corners):
            continue
        points = quad.reshape(4, 2).astype(np.float64)
        if all(_seen(near, points[i], points[(i + 1) % 4]) for i in range(4)):
            return True
    return False


def _edges(channel: NDArray[np.uint8], weak: int, strong: int) -> NDArray[np.uint8]:
    import cv2

    calm = cv2.GaussianBlur(channel, (5, 5), 0)
    found: Any = cv2.Canny(calm, weak, strong)
    return np.asarray(found, np.uint8)


def _seen(near: NDArray[np.bool_], start: NDArray[np.float64], end: NDArray[np.float64]) -> bool:
    """Whether the line is an edge nearly all along, and not the photo's own border."""
    share = np.linspace(0.06, 0.94, 64)[:, None]
    line = (start + share * (end - start)).round().astype(int)
    height, width = near.shape
    inside = (line > 2) & (line < np.array((width, height)) - 3)
    if inside.all(axis=1).mean() < _SUPPORT:
        return False
    x, y = line[:, 0].clip(0, width - 1), line[:, 1].clip(0, height - 1)
    return float(near[y, x].mean()) >= _SUPPORT


def grid(image: Image.Image, face: Face) -> float:
    """How far the strongest short wave in the face stands out: its size over the median of
    waves as short."""
    middle_x, middle_y = (face.box[0] + face.box[2]) // 2, (face.box[1] + face.box[3]) // 2
    half = min(_PATCH, face.height) // 2
    if half < 24:
        return 0.0
    box = (middle_x - half, middle_y - half, middle_x + half, middle_y + half)
    patch = np.asarray(image.convert("L").crop(box), np.float64)
    window = np.hanning(2 * half)
    size = np.abs(np.fft.fft2((patch - patch.mean()) * window[:, None] * window))
    waves = np.fft.fftfreq(2 * half)
    across, down = np.meshgrid(waves, waves)
    length = np.hypot(across, down)
    # Compression and enlarging leave their marks along both axes.
    free = (np.abs(across) > 0.03) & (np.abs(down) > 0.03)
    best = 0.0
    for low in np.arange(0.14, 0.5, 0.03):
        ring = size[free & (length >= low) & (length < low + 0.03)]
        if len(ring):
            best = max(best, float(ring.max() / max(np.median(ring), 1.0)))
    return best
