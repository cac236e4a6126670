"""Where a person ends before a backdrop that is not plain.

What is asked of every pixel at a small size: does it lie where heads and shoulders do about this
face (a prior), has it the colours of the person or of what is behind them (histograms in Lab, by
region), and is there an edge (the cheapest cut between neighbours, Boykov and Jolly 2001). The
colours are counted anew after each cut.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# float32 and uint8 of 0 and 1: OpenCV does not tell its kinds apart.
Array = NDArray[Any]
Mask = NDArray[Any]
# The box of a face (left, top, right, bottom), in the pixels of a reduced picture.
Place = tuple[float, ...]

# Lab is counted in cells of this size.
_CELL = (5.0, 6.0, 6.0)
_BINS = (22, 36, 36)
_LEAST_AB = -108.0
# How often a colour is taken to be seen on either side beside what was counted: below that, neither
# is likelier.
_UNSEEN = 0.0008
# The most that a pixel's colour can say for a side, and all of it together, in log odds.
_COLOUR, _ALL = 5.0, 8.0
# What log odds weigh against an edge, which weighs 50 where neighbours are alike.
_ODDS = 3.0
# Each pass: every so many pixels, and what the prior weighs. Colours say more once they are known.
_PASSES = ((2, 0.8), (2, 0.45), (1, 0.25))
# How far from the edge the last cut may move it, in widths of the face.
_NEAR = 0.12
# Longer side of the picture that distances to outlines are measured in: they change slowly.
_SMOOTH = 112
# Log odds of the prior where nobody can be, and where the person surely is.
_SURE = 5.0


def _shape(size: tuple[int, int], box: Place, points: Any) -> Array:
    """Signed distance to an outline, in widths of the face, positive inside, [h, w]. `points` are
    (x, y) of its right half, from its middle above downwards, in widths and heights of the face
    from the middle of its box."""
    width, height = size
    left, top, right, bottom = box
    cx, cy, wide, tall = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
    half = np.asarray(points, np.float64)
    both = np.concatenate([half, half[::-1] * (-1, 1)]) * (wide, tall) + (cx, cy)
    # Bodies go on below the picture: there, its edge is none.
    room = max(8, round(3 * wide))
    canvas = np.zeros((height + 2 * room, width + 2 * room), np.uint8)
    cv2.fillPoly(canvas, [np.round((both + room) * 16).astype(np.int32)], 1, shift=4)
    inside = cv2.distanceTransform(canvas, cv2.DIST_L2, 3)
    outside = cv2.distanceTransform(1 - canvas, cv2.DIST_L2, 3)
    away = (inside - outside)[room : room + height, room : room + width] / wide
    return np.asarray(away, np.float32)


def _head(wide: float, crown: float, low: float, until: float) -> tuple[tuple[float, float], ...]:
    """Half an ellipse from `crown` above the middle to `low` below it, as far down as `until`."""
    middle, radius = (low - crown) / 2, (low + crown) / 2
    turn = np.linspace(0, np.pi, 25)
    points = zip(wide * np.sin(turn), middle - radius * np.cos(turn), strict=True)
    return tuple((float(x), float(y)) for x, y in points if y < until)


# Half outlines of heads and shoulders about a face, in widths and heights of its box from its
# middle: where most people end, where any hair, hat or shoulder does, and what everybody fills.
_LIKELY = (
    *_head(0.6, 1.1, 0.75, 0.45),
    (0.36, 0.5),
    (0.42, 0.64),
    (1.0, 0.95),
    (1.4, 1.25),
    (1.6, 1.7),
    (1.7, 9.0),
)
_POSSIBLE = (
    *_head(1.3, 1.7, 1.6, 0.0),
    (1.3, 0.15),
    (1.8, 0.5),
    (2.5, 0.9),
    (2.9, 1.6),
    (3.0, 9.0),
)
_CERTAIN = (
    *_head(0.42, 0.8, 0.45, 0.3),
    (0.2, 0.42),
    (0.22, 0.62),
    (0.5, 0.95),
    (0.8, 1.3),
    (0.9, 9.0),
)


def prior(size: tuple[int, int], box: Place) -> tuple[Array, Mask, Mask]:
    """Log odds [h, w] that a pixel is the person by its place alone, where they surely are, and
    where nobody can be, in a picture of `size` (width, height)."""
    factor = min(1.0, _SMOOTH / max(size))
    small = (max(4, round(size[0] * factor)), max(4, round(size[1] * factor)))
    near = tuple(v * factor for v in box)
    likely, possible, certain = (
        cv2.resize(_shape(small, near, points), size, interpolation=cv2.INTER_LINEAR)
        for points in (_LIKELY, _POSSIBLE, _CERTAIN)
    )
    outside = np.maximum(likely / np.maximum(1e-3, possible - likely), -1)
    inside = np.minimum(likely / np.maximum(1e-3, likely - certain), 1)
    odds = _SURE * np.where(likely < 0, outside, inside)
    return odds.astype(np.float32), certain > 0, possible < 0


def _bins(lab: Array) -> Array:
    """The cell of the histogram that each pixel's colour falls into, [h, w]."""
    at = np.zeros(lab.shape[:2], np.int32)
    for axis, (count, cell, zero) in enumerate(
        zip(_BINS, _CELL, (0.0, _LEAST_AB, _LEAST_AB), strict=True)
    ):
        part = np.clip((lab[..., axis] - zero) / cell, 0, count - 1).astype(np.int32)
        at = at * count + part
    return at


def _histogram(bins: Array, weight: Array) -> Array:
    """How often each colour is seen, softened to its neighbours, of one."""
    found = np.bincount(bins, weight, minlength=int(np.prod(_BINS))).astype(np.float32)
    cube: Array = found.reshape(_BINS)
    for axis in range(3):
        line = np.moveaxis(cube, axis, 0)
        soft = line / 2
        soft[1:] += line[:-1] / 4
        soft[:-1] += line[1:] / 4
        cube = np.moveaxis(soft, 0, axis)
    total = float(cube.sum())
    return (cube / total if total > 0 else cube).ravel()


def _seen(bins: Array, fore: Array, back: Array, box: Place) -> Array:
    """Log odds of each pixel's colour, [h, w]: against the backdrop on its own side, above or
    beside, and for head or body, whichever it is nearer to. `fore` and `back` say how much each
    pixel counts for the person's colours and for the backdrop's."""
    height, width = bins.shape
    wide, chin = box[2] - box[0], box[3]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    body = 1 / (1 + np.exp(-(y - chin - 0.1 * wide) / (0.12 * wide)))
    right = 1 / (1 + np.exp(-(x - (box[0] + box[2]) / 2) / (0.35 * wide)))
    low = 1 / (1 + np.exp(-(y - (box[1] + box[3]) / 2) / (0.35 * wide)))
    own = np.zeros((height, width), np.float32)
    other = np.zeros((height, width), np.float32)
    at = bins.ravel()
    for share in (1 - body, body):
        own += share * _histogram(at, (share * fore).ravel())[bins]
    for across in (1 - right, right):
        for down in (1 - low, low):
            share = across * down
            other += share * _histogram(at, ((share + 0.02) * back).ravel())[bins]
    return np.log((own + _UNSEEN) / (other + _UNSEEN))


def like_theirs(lab: Array, box: Place) -> Mask:
    """Where colours are that the person has where they certainly are, as long hair, [h, w]."""
    place, bins = prior((lab.shape[1], lab.shape[0]), box)[0], _bins(lab)
    theirs = _histogram(bins.ravel(), _share(2 * (place - 2)).ravel())[bins]
    return theirs > 3 * _UNSEEN


def _own(bins: Array, place: Array, box: Place) -> Array:
    """How surely a pixel's colour is the person's own [h, w], 0..1: one that they have where they
    certainly are, and that is not seen where nobody is. Long hair lies where most have none."""
    at = bins.ravel()
    theirs = _histogram(at, _share(2 * (place - 2)).ravel())[bins]
    others = _histogram(at, _share(2 * (-place - 3.5)).ravel())[bins]
    return np.asarray(theirs / (theirs + 2 * others + 5 * _UNSEEN), np.float32)


def _cut(odds: Array, lab: Array, sure: Mask, never: Mask) -> Mask:
    """The cheapest cut between person and backdrop, by OpenCV's GrabCut with colour models that
    are ours: its first channel is the odds, the others the two colours that differ most."""
    away = lab.reshape(-1, 3) - lab.reshape(-1, 3).mean(axis=0)
    _, axes = np.linalg.eigh(away.T @ away)
    main = (away @ axes[:, :0:-1]).reshape(*lab.shape[:2], 2)
    packed = np.empty((*lab.shape[:2], 3), np.uint8)
    step = 32 / _ALL
    packed[..., 0] = np.clip(128 + odds * step, 96, 160)
    packed[..., 1:] = np.clip(128 + main * 1.4, 0, 255)
    marks = np.where(odds > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[never] = cv2.GC_BGD
    marks[sure] = cv2.GC_FGD
    # Two bells of one width: the log of their ratio is linear in the first channel, and the others
    # say nothing.
    variance = 100.0
    models = []
    for side in (-1, 1):
        model = np.zeros((1, 65))
        model[0, 0] = 1
        model[0, 5:8] = (128 + side * variance * _ODDS / step / 2, 128, 128)
        model[0, 20:29] = np.diag([variance, 1e8, 1e8]).ravel()
        models.append(model)
    cv2.grabCut(packed, marks, (0, 0, 1, 1), models[0], models[1], 1, cv2.GC_EVAL_FREEZE_MODEL)
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def person(lab: Array, box: Place) -> Mask:
    """Mask 0/1 of the person with the face in `box`, in a picture in Lab [h, w, 3]; about 0.1 s
    for 320 pixels a side."""
    mask: Mask | None = None
    for step, weight in _PASSES:
        # Every other pixel as it is: their mean would have colours that neither side has.
        part = np.ascontiguousarray(lab[::step, ::step])
        size = (part.shape[1], part.shape[0])
        near = tuple(v / step for v in box)
        place, sure, never = prior(size, near)
        bins = _bins(part)
        inside = _share(place)
        outside = _share(-place) * (1 - _own(bins, place, near))
        if mask is not None:
            now = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
            rim = max(1, round(0.05 * (near[2] - near[0])))
            kernel = np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)
            inside = _share(place + 2) * cv2.erode(now, kernel, borderValue=1)
            outside = _share(2 - place) * (1 - cv2.dilate(now, kernel, borderValue=0))
        seen = np.clip(_seen(bins, inside, outside, near), -_COLOUR, _COLOUR)
        odds = np.clip(seen + weight * place, -_ALL, _ALL)
        mask = _one(_cut(odds, part, sure, never), near)
    assert mask is not None
    return _refined(mask, lab, box)


def _refined(mask: Mask, lab: Array, box: Place) -> Mask:
    """`mask` cut once more near its edge alone, by GrabCut's own models of colour: they are of
    whole pixels, so that smooth cloth is told from a rough wall of the same grey."""
    _odds, sure, never = prior((lab.shape[1], lab.shape[0]), box)
    reach = max(2, round(_NEAR * (box[2] - box[0])))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    marks = np.where(mask > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[cv2.erode(mask, kernel, borderValue=1) > 0] = cv2.GC_FGD
    marks[cv2.dilate(mask, kernel, borderValue=0) == 0] = cv2.GC_BGD
    marks[never] = cv2.GC_BGD
    marks[sure] = cv2.GC_FGD
    front_of = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if front_of.all() or not front_of.any():
        # With nothing on one side there are no colours to compare.
        return _one(mask, box)
    packed = np.clip(lab * (2.55, 1, 1) + (0, 128, 128), 0, 255).astype(np.uint8)
    front, back = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(packed, marks, (0, 0, 1, 1), front, back, 2, cv2.GC_INIT_WITH_MASK)
    return _one(np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8), box)


def _share(odds: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def _one(mask: Mask, box: Place) -> Mask:
    """What of `mask` hangs together with the face by more than a thread."""
    y = int(np.clip((box[1] + box[3]) / 2, 0, mask.shape[0] - 1))
    x = int(np.clip((box[0] + box[2]) / 2, 0, mask.shape[1] - 1))
    thread = max(1, round(0.02 * (box[2] - box[0])))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * thread + 1, 2 * thread + 1))
    firm = cv2.erode(mask, kernel, borderValue=1)
    if not firm[y, x]:
        return mask
    _, labels = cv2.connectedComponents(firm, connectivity=4)
    whole = (labels == labels[y, x]).astype(np.uint8)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (4 * thread + 1, 4 * thread + 1))
    return np.asarray(cv2.dilate(whole, around, borderValue=0) & mask, np.uint8)
