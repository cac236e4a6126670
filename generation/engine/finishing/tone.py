"""One light and one white for a roster, in Lab. Skin keeps its own tone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine import colour
from generation.engine.faces import Face
from generation.engine.finishing.backdrop import Array, to_lab
from generation.engine.finishing.cutting import Cutout
from generation.engine.finishing.light import NEUTRAL, balanced
from generation.engine.finishing.specs import ToneSpec

# How much of a cast is believed to be one, in Lab: more is the colour of a wall.
_CAST = 8.0
# How much lighter or darker a backdrop may be than it should, in Lab lightness, to be taken for the
# picture's light: more is another wall.
_LIGHT = 15.0
_TAKEN = 0.7
# Lab's lightness is a cube root of light, less this: more light makes L + _FOOT larger by a factor.
_FOOT = 16.0


def skin(pixels: NDArray[np.uint8], lab: Array, face: Face) -> Array:
    """How much each pixel is skin, 0..1 [h, w]: near the cheeks' hue, and near face and neck."""
    tone = colour.skin(Image.fromarray(pixels), face)
    away = (lab[..., 1] - tone[1]) ** 2 + (lab[..., 2] - tone[2]) ** 2
    hue = np.exp(-away / (2 * 9.0**2))
    light = np.exp(-(np.clip(np.abs(lab[..., 0] - tone[0]) - 12, 0, None) ** 2) / (2 * 12.0**2))
    height, width = lab.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    left, top, right, bottom = face.box
    tall, wide = bottom - top, right - left
    far = ((x - (left + right) / 2) / (0.75 * wide)) ** 2 + (
        (y - (top + 0.62 * tall)) / (1.05 * tall)
    ) ** 2
    near = np.clip(1.6 - far, 0, 1)
    # The face itself wholly, so that make-up, lips and eyes stay as they are.
    face_far = ((x - (left + right) / 2) / (0.5 * wide)) ** 2 + (
        (y - (top + bottom) / 2) / (0.58 * tall)
    ) ** 2
    inside = np.clip(3 * (1.15 - face_far), 0, 1)
    return np.asarray(np.maximum(hue * light * near, inside), np.float32)


def clothes(cut: Cutout) -> tuple[float, float, float] | None:
    """The Lab colour of what is worn: the median below the chin, without skin; None if there is
    too little of it."""
    lab = to_lab(cut.colour)
    bare = skin(cut.colour, lab, cut.face) > 0.3
    worn = (cut.alpha > 0.95) & ~bare
    worn[: min(len(worn), int(cut.face.box[3] + 0.25 * cut.face.height))] = False
    if worn.sum() < 0.005 * worn.size:
        return None
    middle = np.median(lab[worn], axis=0)
    return float(middle[0]), float(middle[1]), float(middle[2])


def toned(cut: Cutout, spec: ToneSpec) -> NDArray[np.uint8]:
    """The colours of a cutout brought to the light of `spec`, uint8 [h, w, 3].

    What the backdrop is away from its colour comes off clothes and hair, in proportion to their
    lightness, as light does. Where it is not known which colour that is, all is brought to neutral
    light by what the picture itself tells, skin among it: it is the same to grey then as before.
    Clothes then move towards the roster's.
    """
    if spec.backdrop is None and cut.light != NEUTRAL:
        cut = replace(cut, colour=balanced(cut.colour, cut.light), light=NEUTRAL)
    light = _light(cut, spec)
    worn = clothes(cut) if spec.clothes is not None else None
    towards: Array = np.zeros(3, np.float32)
    if worn is not None and spec.clothes is not None:
        lit = np.array(worn, np.float32) + light * (worn[0] + _FOOT)
        towards = (np.array(spec.clothes, np.float32) - lit) * spec.strength
        far = float(np.linalg.norm(towards))
        towards *= min(1.0, spec.reach / far) if far else 1.0
    if not light.any() and not towards.any():
        return cut.colour
    lab = to_lab(cut.colour)
    free = 1 - skin(cut.colour, lab, cut.face)[..., None]
    chin = cut.face.box[3] + 0.1 * cut.face.height
    y = np.arange(lab.shape[0], dtype=np.float32)[:, None, None]
    below = np.clip((y - chin) / (0.25 * cut.face.height), 0, 1)
    moved = lab + free * ((lab[..., :1] + _FOOT) * light + below * towards)
    moved[..., 0] = np.clip(moved[..., 0], 0, 100)
    back = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.asarray(np.clip(back * 255 + 0.5, 0, 255), np.uint8)


def _light(cut: Cutout, spec: ToneSpec) -> Array:
    """What has to be added to Lab for each unit of lightness above −_FOOT [3], by what the backdrop
    should be; nothing where that is not known."""
    light: Array = np.zeros(3, np.float32)
    if spec.backdrop is None or not cut.flat:
        return light
    away = np.subtract(spec.backdrop, cut.behind).astype(np.float32)
    if float(np.linalg.norm(away[1:])) > _CAST:
        return light
    light[1:] = away[1:]
    if abs(away[0]) <= _LIGHT:
        light[0] = away[0]
    return np.asarray(_TAKEN * light / (cut.behind[0] + _FOOT), np.float32)
