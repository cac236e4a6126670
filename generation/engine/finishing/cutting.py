"""Lift the person off whatever is behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine import faces
from generation.engine.errors import FinishError
from generation.engine.faces import Box, Face, Points
from generation.engine.finishing import backdrop, matte
from generation.engine.finishing.light import Gains, gains
from generation.engine.finishing.specs import FACE_HEIGHT
from generation.engine.geometry import from_template
from generation.engine.words import said

# Small base models are enlarged to this side, large photos reduced to that.
_LEAST, _MOST = 640, 1600
# Faces are measured again in crops of this size, all alike.
_CROP = (360, 450)
# Half the side of a face's box, in distances between the outer corners of its eyes.
_HALF_BOX = 0.92

# A matte that takes more of a picture than that for the person has told nothing.
_EVERYTHING = 0.99
# Height of a real photo's face, from brow to chin, below which it is a blur in the files, in the
# pixels that were sent.
LEAST_FACE = 80


@dataclass(frozen=True)
class Cutout:
    """A person without backdrop: `colour` uint8 [h, w, 3] is their own, `alpha` 0..1 [h, w].

    `face` lies in these pixels, `enlarged` is what they are larger than the picture was (below 1
    smaller). `behind` is the Lab colour that was behind them, where it was `flat`. `light` is
    what their linear channels are multiplied by for neutral light. `notes` are for a person's eye:
    "hair_cut" (by the upper edge), "shoulders_cut" (by a side, high above the lower edge),
    "busy_backdrop" (not plain, so that the outline may need a look) and "small" (it was enlarged).
    """

    colour: NDArray[Any]
    alpha: NDArray[Any]
    face: Face
    enlarged: float
    flat: bool
    behind: tuple[float, float, float]
    light: Gains
    notes: tuple[str, ...]


def cut_out(
    image: Image.Image, matting: matte.Matting | None = None, *, least_face: int = 0
) -> Cutout:
    """The person in `image`, whose largest face is theirs; any backdrop, best a plain one.

    `matting` replaces the way the matte is made. Takes about half a second. Raises FinishError
    without a face, with several, with one at the picture's edge or lower than `least_face` (pixels
    of `image`, brow to chin), or where the matte leaves it out or nothing else.
    """
    picture = image.convert("RGB")
    longest = max(picture.size)
    factor = max(1.0, _LEAST / min(picture.size)) if longest < _MOST else _MOST / longest
    factor = min(factor, _MOST / longest)
    if factor != 1.0:
        size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    pixels: NDArray[Any] = np.ascontiguousarray(picture)
    face = find(picture)
    if FACE_HEIGHT * float(np.hypot(*np.subtract(*face.eyes))) < least_face * factor:
        raise FinishError(
            "face_small",
            said(
                "The face in this photo has too few pixels and would be a blur. "
                "Send one taken from closer, or a larger file of it."
            ),
        )
    mask, behind, small = backdrop.person(pixels, face.box)
    if matting is None:
        known: NDArray[Any] = matte.trimap(mask, face.box, small, behind)
        large = (picture.width, picture.height)
        known = cv2.resize(known, large, interpolation=cv2.INTER_NEAREST)
        alpha = matte.solve(pixels, known, factor)
    else:
        alpha = matting(pixels, face.box)
    left, top, right, bottom = (max(0, side) for side in face.box)
    nobody = float(alpha[top:bottom, left:right].mean()) < 0.5
    if nobody or float(alpha.mean()) > _EVERYTHING:
        raise FinishError(
            "no_person",
            said(
                "The person could not be told from the backdrop. "
                "Send a picture in front of a plain wall."
            ),
        )
    notes = _notes(alpha, face)
    if not behind.flat:
        notes.append("busy_backdrop")
    if factor > 1.0:
        notes.append("small")
    return Cutout(
        colour=matte.foreground(pixels, alpha),
        alpha=alpha,
        face=face,
        enlarged=factor,
        flat=behind.flat,
        behind=behind.colour,
        light=gains(pixels, face),
        notes=tuple(notes),
    )


def find(picture: Image.Image) -> Face:
    """The one face of a picture, its landmarks measured once more in an upright crop.

    Raises FinishError for none, several, or one that the picture's edge cuts.
    """
    found = faces.detect(picture)
    if not found:
        raise FinishError(
            "no_face",
            said(
                "No face was found in this picture. "
                "Send one that shows the whole face from the front."
            ),
        )
    face, others = faces.whose(found)
    at = _edge(face.box, picture)
    if at:
        # The search goes up in coarse steps, so that a box may be half as large again as its face.
        face = replace(face, box=_about(face))
        at = _edge(face.box, picture)
    if at == "side":
        raise FinishError(
            "face_at_edge",
            said(
                "The face lies at the edge of this picture, so that a part of the head is missing. "
                "Send one with room around the head."
            ),
        )
    if at == "top":
        raise FinishError(
            "face_at_edge",
            said(
                "The upper edge of this picture cuts the forehead. "
                "Send one with room above the head."
            ),
        )
    if others:
        raise FinishError(
            "several_faces",
            said("There is more than one face in this picture. Send one of the person alone."),
        )
    return replace(face, landmarks=_measured_again(picture, face))


def _edge(box: Box, picture: Image.Image) -> str:
    """Which edge of the picture a face's box is too near to: "side", also for the lower one, "top",
    or none."""
    left, top, right, bottom = box
    room = 0.12 * (right - left)
    if left < room or right > picture.width - room or bottom > picture.height - room:
        return "side"
    return "top" if top < 0 else ""


def _about(face: Face) -> Box:
    """The box of a face by its landmarks, as large as the search most often makes it."""
    eyes, nose = np.asarray(face.landmarks[:4]), np.asarray(face.landmarks[4])
    middle = eyes.mean(axis=0)
    across = float(np.linalg.norm(eyes[:, None] - eyes[None], axis=2).max())
    x, y = middle + 0.6 * (nose - middle)
    half = _HALF_BOX * across
    return round(x - half), round(y - half), round(x + half), round(y + half)


def _measured_again(picture: Image.Image, face: Face) -> Points:
    """The landmarks found in an upright crop of one size, as headshots are cropped."""
    width, height = _CROP
    matrix = from_template(face.landmarks, (width / 2, 0.42 * height), 0.48 * height / FACE_HEIGHT)
    crop = cv2.warpAffine(
        np.asarray(picture), matrix, _CROP, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    near = moved(face.landmarks, matrix)
    seen = faces.steady(Image.fromarray(crop), near)
    if seen is None:
        return face.landmarks
    return moved(seen.landmarks, cv2.invertAffineTransform(matrix))


def moved(points: Points, matrix: NDArray[Any]) -> Points:
    """Points after an affine map [2, 3]."""
    found = np.asarray(points) @ matrix[:, :2].T + matrix[:, 2]
    return tuple((float(x), float(y)) for x, y in found)


def _notes(alpha: NDArray[Any], face: Face) -> list[str]:
    """What the picture's edges cut."""
    height = alpha.shape[0]
    notes = []
    if float((alpha[:2].mean(axis=0) > 0.5).mean()) > 0.04:
        notes.append("hair_cut")
    chin = min(height - 1, face.box[3])
    shoulder = int(chin + 0.25 * (height - chin))
    sides = (alpha[chin:shoulder, :2], alpha[chin:shoulder, -2:])
    if any(float((part > 0.5).mean()) > 0.3 for part in sides if part.size):
        notes.append("shoulders_cut")
    return notes
