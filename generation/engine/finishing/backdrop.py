"""What is behind a person: whether it is flat, its colour, and where the person begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.engine.faces import Box
from generation.engine.finishing import outline

# float32, and uint8 of 0 and 1: OpenCV does not tell its kinds apart.
Array = NDArray[Any]
Mask = NDArray[Any]

# In Lab: what studio paper varies by beside its slow gradient.
_PAPER = 4.0
_SIDE = 320
# How far much hair reaches to each side, in widths of the face.
_HAIR = 0.8
# How much else than a flat backdrop makes one look twice where hardly anybody is, and how much of
# what is not the person says that it is not plain, as shares.
_BESIDE, _REST = 0.03, 0.1


@dataclass(frozen=True)
class Backdrop:
    """A slow gradient fitted to the picture's border. `flat` where that describes it well;
    `colour` is its Lab colour behind the head, `noise` what is left over, in Lab."""

    flat: bool
    colour: tuple[float, float, float]
    noise: float
    distance: Array


def _terms(height: int, width: int) -> Array:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


# Which of `_terms` do not bend across.
_STRAIGHT = np.array([1, 1, 1, 0, 1, 1], np.float32)


def read(lab: Array, box: Box) -> Backdrop:
    """The backdrop of a picture in Lab [h, w, 3], from its border above the shoulders.

    Hair that reaches the border is left out as the fit is robust. Where it takes most of the upper
    one it could pass for a shadow: what is above the head counts only where it goes on from what
    is beside it.
    """
    height, width = lab.shape[:2]
    edge = max(2, round(0.05 * width))
    border = np.zeros((height, width), bool)
    low = int(np.clip(box[3] - 0.2 * (box[3] - box[1]), edge, height))
    border[:edge] = True
    border[:low, :edge] = border[:low, -edge:] = True
    above = np.zeros_like(border)
    middle, reach = (box[0] + box[2]) / 2, _HAIR * (box[2] - box[0])
    above[
        :edge, max(edge, int(middle - reach)) : max(0, min(width - edge, int(middle + reach)))
    ] = True
    terms = _terms(height, width)
    sides = [_fitted(terms, lab, border & ~above, across=across) for across in (True, False)]
    away = [np.linalg.norm(lab[above] - terms[above] @ fit, axis=1) for fit, _, _ in sides]
    fit, weight, noise = sides[1]
    paper = max(_PAPER, 3 * noise)
    if not above.any() or float((np.minimum(*away) > 1.5 * paper).mean()) < 0.5:
        fit, weight, noise = _fitted(terms, lab, border, across=True)
    model = terms @ fit
    share = float(weight.mean())
    behind = model[int(np.clip((box[1] + box[3]) / 2, 0, height - 1))].mean(axis=0)
    distance = np.linalg.norm(lab - model, axis=-1).astype(np.float32)
    return Backdrop(
        flat=noise < _PAPER and share > 0.6,
        colour=(float(behind[0]), float(behind[1]), float(behind[2])),
        noise=noise,
        distance=distance,
    )


def _fitted(terms: Array, lab: Array, where: Mask, *, across: bool) -> tuple[Array, Array, float]:
    """The gradient [6, 3] that describes Lab best `where` it is looked at, which of these pixels it
    describes, and how far they are from it. `across`: whether it may bend from left to right."""
    seeds, values = terms[where], lab[where]
    if not across:
        seeds = seeds * _STRAIGHT
    # Start from the commonest colour, so that a fringe of hair cannot pull the first fit.
    middle = np.median(values, axis=0)
    weight = (np.linalg.norm(values - middle, axis=1) < 25).astype(np.float32)
    fit = np.zeros((6, 3), np.float32)
    noise = 99.0
    for _ in range(4):
        if weight.sum() < 50:
            break
        root = np.sqrt(weight)[:, None]
        fit = np.linalg.lstsq(seeds * root, values * root, rcond=1e-4)[0].astype(np.float32)
        away = np.linalg.norm(values - seeds @ fit, axis=1)
        noise = float(np.median(away[weight > 0])) * 1.2
        weight = (away < max(_PAPER, 3 * noise)).astype(np.float32)
    return fit, weight, noise


def to_lab(rgb: NDArray[Any]) -> Array:
    """CIE Lab of uint8 sRGB [h, w, 3], by OpenCV: quick, exact to about 0.1."""
    lab: Array = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return lab


def person(rgb: NDArray[Any], box: Box) -> tuple[Mask, Backdrop, float]:
    """Where the person with the face in `box` is: (mask 0/1, backdrop, factor) at a small size
    that is `factor` times the picture's.

    On a plain backdrop GrabCut in Lab, which begins with head and shoulders about the face and
    with what has the backdrop's colour and hangs together with the border; before any other by
    what `outline` asks.
    """
    height, width = rgb.shape[:2]
    factor = min(1.0, _SIDE / max(height, width))
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    left, top, right, bottom = near = tuple(v * factor for v in box)
    lab = to_lab(small)
    behind = read(lab, (int(left), int(top), int(right), int(bottom)))
    at = (
        min(int((top + bottom) / 2), size[1] - 1),
        min(int((left + right) / 2), size[0] - 1),
    )
    if not behind.flat or _more_than_paper(behind, near):
        mask = outline.person(lab, near)
        if not behind.flat or _unexplained(behind, mask, outline.like_theirs(lab, near)):
            return _whole(mask, at), replace(behind, flat=False), factor
    marks = _seeds(behind, size, left, top, right, bottom)
    packed = np.clip(lab * (2.55, 1, 1) + (0, 128, 128), 0, 255).astype(np.uint8)
    front, back = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(packed, marks, (0, 0, 1, 1), front, back, 4, cv2.GC_INIT_WITH_MASK)
    mask = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    return _whole(mask, at), behind, factor


def _other(behind: Backdrop) -> Mask:
    return behind.distance > 2.5 * max(_PAPER, 3.0 * behind.noise)


def _more_than_paper(behind: Backdrop, box: outline.Place) -> bool:
    """Whether there is anything but a flat backdrop where hardly anybody is about a face."""
    height, width = behind.distance.shape
    beside = outline.prior((width, height), box)[0] < -1
    return bool(beside.any()) and float(_other(behind)[beside].mean()) > _BESIDE


def _unexplained(behind: Backdrop, mask: Mask, theirs: Mask) -> bool:
    """Whether more stands before a flat backdrop than the person: a room's wall is flat, too, and
    has pictures and lamps. What has colours of `theirs` may be the person where `mask` has none."""
    rest = cv2.dilate(mask, np.ones((9, 9), np.uint8), borderValue=0) == 0
    return bool(rest.any()) and float((_other(behind) & ~theirs)[rest].mean()) > _REST


def _seeds(
    behind: Backdrop, size: tuple[int, int], left: float, top: float, right: float, bottom: float
) -> Mask:
    """What GrabCut begins with on a flat backdrop: sure and likely person, sure and likely
    backdrop."""
    width, height = size
    cx, wide, tall = (left + right) / 2, right - left, bottom - top
    likely = np.zeros((height, width), np.uint8)
    middle = (int(cx), int((top + bottom) / 2 - 0.15 * tall))
    cv2.ellipse(likely, middle, (int(wide * 0.8), int(tall)), 0, 0, 360, 1, -1)
    shoulders = [
        (cx - wide * 0.5, bottom),
        (cx + wide * 0.5, bottom),
        (cx + wide * 1.5, bottom + tall * 0.75),
        (cx + wide * 1.8, height),
        (cx - wide * 1.8, height),
        (cx - wide * 1.5, bottom + tall * 0.75),
    ]
    cv2.fillPoly(likely, [np.array(shoulders, np.int32)], 1)
    sure = np.zeros_like(likely)
    face = (int(cx), int((top + bottom) / 2))
    cv2.ellipse(sure, face, (int(wide * 0.4), int(tall * 0.48)), 0, 0, 360, 1, -1)
    # The skull above the detector's box is there under any hair, and under none: grey hair before
    # grey paper must not take it along.
    skull = (int(cx), int(top + 0.2 * tall))
    cv2.ellipse(sure, skull, (int(wide * 0.4), int(tall * 0.42)), 0, 0, 360, 1, -1)
    trunk = [
        (cx - wide * 0.2, bottom - tall * 0.1),
        (cx + wide * 0.2, bottom - tall * 0.1),
        (cx + wide * 0.6, bottom + tall * 0.9),
        (cx + wide * 0.6, height),
        (cx - wide * 0.6, height),
        (cx - wide * 0.6, bottom + tall * 0.9),
    ]
    cv2.fillPoly(sure, [np.array(trunk, np.int32)], 1)

    marks = np.where(likely > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    paper = max(_PAPER, 3.0 * behind.noise)
    same = (behind.distance < paper).astype(np.uint8)
    _, labels = cv2.connectedComponents(same)
    rim = np.unique(np.concatenate([labels[0], labels[:, 0], labels[:, -1]]))
    open_to_rim = np.isin(labels, rim[rim > 0]) & (same > 0)
    marks[behind.distance > 2.5 * paper] = cv2.GC_PR_FGD
    marks[open_to_rim] = cv2.GC_PR_BGD
    deep = cv2.erode(open_to_rim.astype(np.uint8), np.ones((5, 5), np.uint8))
    marks[(deep > 0) & (behind.distance < 0.75 * paper)] = cv2.GC_BGD
    marks[sure > 0] = cv2.GC_FGD
    return marks


def _whole(mask: Mask, face: tuple[int, int]) -> Mask:
    """The piece of `mask` that the face is in, without pinholes or hairline slits."""
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(closed)
    piece = (labels == labels[face]).astype(np.uint8) if closed[face] else closed
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - piece, connectivity=4)
    for at in range(1, count):
        if stats[at, cv2.CC_STAT_AREA] < 0.0008 * piece.size:
            piece[labels == at] = 1
    return np.asarray(piece, np.uint8)
