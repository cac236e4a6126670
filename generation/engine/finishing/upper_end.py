"""Where the upper edge of a picture cuts hair: how it ends softly and in a round shape there."""

from __future__ import annotations

import cv2
import numpy as np

from generation.engine.faces import Face
from generation.engine.finishing.backdrop import Array

# Rows at the upper edge, and the share of the person in them, that say hair goes on above.
_ROWS, _SHARE = 2, 0.15
# A head's outline is a little squarer than an ellipse (exponent 2).
_SQUARE = 2.4
# How far below the edge hair is as it was, in heights of the face.
_SOFT = 0.08
# Where the round shape begins, in heights of the face below its box's upper side: at the eyes.
_FROM = 0.35
# How much wider the shape is than the hair, so that its sides stay as they are.
_WIDER = 1.03


def cut_columns(alpha: Array) -> Array:
    """The columns [n] of a matte whose person the upper edge cuts."""
    found: Array = np.nonzero(alpha[:_ROWS].mean(axis=0) > _SHARE)[0]
    return found


def rounded(stacked: Array, alpha: Array, face: Face) -> Array:
    """Premultiplied RGBA uint8 [h, w, 4] whose hair ends in half a rounded ellipse below the upper
    edge, as wide as the hair is between there and the eyes, and softer the flatter it lies.

    `alpha` is the matte, with `cut_columns`. What reaches out of that shape is taken off.
    """
    height, width = alpha.shape
    columns = cut_columns(alpha)
    low = int(np.clip(face.box[1] + _FROM * face.height, 2 * _ROWS, height))
    hair = np.nonzero((alpha[:low] > 0.5).any(axis=0))[0]
    middle = (columns[0] + columns[-1]) / 2
    left = _WIDER * max(1.0, middle - min(hair.min(initial=width), columns[0]))
    right = _WIDER * max(1.0, max(hair.max(initial=0), columns[-1]) - middle)
    x = np.arange(width, dtype=np.float32) - middle
    across = np.abs(x) / np.where(x < 0, left, right)
    up = (1 - np.arange(low, dtype=np.float32) / low)[:, None]
    inside = 1 - (across**_SQUARE + up**_SQUARE) ** (1 / _SQUARE)
    kept = np.clip(inside / (_SOFT * face.height / low * up), 0, 1)
    kept = kept * kept * (3 - 2 * kept)
    out = stacked.copy()
    shares: Array = cv2.merge([kept.astype(np.float32)] * 4)
    out[:low] = (out[:low] * shares + 0.5).astype(np.uint8)
    return out
