"""Which share of each pixel is the person: soft at hair, and the person's own colour there.

A trimap about GrabCut's edge, closed-form matting (Levin, Lischinski and Weiss 2008) by pymatting
at a middle size, carried to the picture's own size along its colours. `Matting` is the seam for
another way, as a network by file path (network.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.engine.faces import Box
from generation.engine.finishing.backdrop import Array, Backdrop, Mask

Pixels = NDArray[Any]
# (picture, box of the face) → share of the person, 0..1, in the picture's size.
Matting = Callable[[Pixels, Box], Array]

# Pixels a side that a matte is solved at; of an enlarged picture so many for each that it had.
_SOLVED, _OF_ENLARGED = 448, 3.5
# Half the width of what is unsure about the edge, as a share of the picture's side: skin and
# cloth, and hair.
_FIRM, _LOOSE = 0.010, 0.030


def trimap(mask: Mask, box: Box, factor: float, behind: Backdrop) -> Mask:
    """0 backdrop, 255 person, 128 unsure; wide about the hair, narrow about the shoulders."""
    height, width = mask.shape
    side = max(height, width)

    def around(share: float) -> tuple[Mask, Mask]:
        radius = max(2, round(share * side))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        padded = cv2.copyMakeBorder(mask, radius, radius, radius, radius, cv2.BORDER_REPLICATE)
        inner = cv2.erode(padded, kernel)[radius:-radius, radius:-radius]
        outer = cv2.dilate(padded, kernel)[radius:-radius, radius:-radius]
        return inner, outer

    firm, loose = around(_FIRM), around(_LOOSE)
    out = np.where(firm[0] > 0, 255, np.where(firm[1] > 0, 128, 0)).astype(np.uint8)
    hair = np.zeros_like(mask)
    left, top, right, bottom = (v * factor for v in box)
    middle = (int((left + right) / 2), int(top + 0.2 * (bottom - top)))
    axes = (int(1.05 * (right - left)), int(1.25 * (bottom - top)))
    cv2.ellipse(hair, middle, axes, 0, 0, 360, 1, -1)
    wide = np.where(loose[0] > 0, 255, np.where(loose[1] > 0, 128, 0)).astype(np.uint8)
    out[hair > 0] = wide[hair > 0]
    if behind.flat:
        # What has the paper's own colour, well away from the edge, is paper.
        paper = (behind.distance < max(2.0, 1.5 * behind.noise)) & (firm[1] == 0)
        out[paper & (out == 128)] = 0
    return out


def solve(picture: Pixels, known: Mask, enlarged: float = 1.0) -> Array:
    """Share of the person 0..1 in the size of `picture`, by closed-form matting. A picture that was
    `enlarged` has no finer hair than before.

    Raises nothing for a trimap without unsure pixels: it is the answer then.
    """
    height, width = picture.shape[:2]
    side = max(height, width)
    factor = min(1.0, _SOLVED / side, _OF_ENLARGED / max(1.0, enlarged))
    size = (max(4, round(width * factor)), max(4, round(height * factor)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    marks = cv2.resize(known, size, interpolation=cv2.INTER_NEAREST)
    unsure = marks == 128
    if not unsure.any() or not (marks == 255).any() or not (marks == 0).any():
        coarse = (marks >= 128).astype(np.float32)
    else:
        from pymatting import estimate_alpha_cf

        shares = marks.astype(np.float64) / 255
        shares[unsure] = 0.5
        coarse = np.asarray(estimate_alpha_cf(small.astype(np.float64) / 255, shares), np.float32)
    if factor == 1.0:
        return np.clip(coarse, 0, 1)
    return carried(picture, small, coarse, known)


def carried(picture: Pixels, small: Pixels, coarse: Array, known: Mask) -> Array:
    """`coarse`, the matte of `small`, in the size of `picture`: a local linear function of colour
    (fast guided filter, He and Sun 2015) where it is unsure."""
    height, width = picture.shape[:2]
    guide = small.astype(np.float32).mean(axis=-1) / 255
    radius = 3

    def mean(of: Array) -> Array:
        blurred: Array = cv2.blur(of, (2 * radius + 1, 2 * radius + 1))
        return blurred

    mean_guide, mean_alpha = mean(guide), mean(coarse)
    spread = mean(guide * guide) - mean_guide**2
    slope = (mean(guide * coarse) - mean_guide * mean_alpha) / (spread + 1e-3)
    offset = mean_alpha - slope * mean_guide
    large = (width, height)
    slope = cv2.resize(mean(slope), large, interpolation=cv2.INTER_LINEAR)
    offset = cv2.resize(mean(offset), large, interpolation=cv2.INTER_LINEAR)
    smooth = cv2.resize(coarse, large, interpolation=cv2.INTER_CUBIC)
    fine = slope * (picture.astype(np.float32).mean(axis=-1) / 255) + offset
    # Never far from the solved one: the guide knows one channel only.
    out = np.clip(fine, smooth - 0.15, smooth + 0.15)
    marks = cv2.resize(known, large, interpolation=cv2.INTER_NEAREST)
    out = np.where(marks == 128, out, smooth)
    return np.asarray(np.clip(out, 0, 1), np.float32)


def foreground(picture: Pixels, alpha: Array) -> Pixels:
    """The person's own colours, also where the backdrop shines through (Forte 2021: blurred
    foreground and backdrop, once wide and once narrow)."""
    image = picture.astype(np.float32) / 255
    side = max(picture.shape[:2])
    share = alpha[..., None]
    front, behind = image, image
    for radius in (max(3, side // 12), max(2, side // 120)):
        box = (2 * radius + 1, 2 * radius + 1)
        blurred = cv2.blur(alpha, box)[..., None]
        mean_front = cv2.blur(front * share, box) / (blurred + 1e-5)
        mean_behind = cv2.blur(behind * (1 - share), box) / (1 - blurred + 1e-5)
        front = mean_front + share * (image - share * mean_front - (1 - share) * mean_behind)
        front = np.clip(front, 0, 1)
        behind = mean_behind
    out = np.where(share > 0.995, image, front)
    return np.asarray(np.clip(out * 255 + 0.5, 0, 255), np.uint8)
