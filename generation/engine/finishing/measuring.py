"""What is measured of a finished picture, so that a roster's can be compared."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np
from PIL import Image

from generation.engine import faces
from generation.engine.finishing import tone
from generation.engine.finishing.backdrop import Array, to_lab
from generation.engine.finishing.cutting import Cutout
from generation.engine.finishing.specs import FACE_HEIGHT
from generation.engine.geometry import from_template

# The backdrop is compared in these cells of the picture's upper part.
_COLUMNS, _ROWS, _UPPER = 10, 6, 0.6
# Colours are compared at this height: a cell's or a cheek's mean needs no more.
_SEEN = 512


@dataclass(frozen=True)
class Measures:
    """Of one finished picture, found anew in it rather than taken from what placed it: the face
    when the person was first placed, light and colours each time.

    `eye_line`, `face_height` are shares of the height, `centre` of the width, `tilt` degrees.
    `backdrop` has a Lab colour for each of 10 × 6 cells of the upper part, None where the person
    is. `brightness` is the Lab lightness of what is worn (never of skin), `side_light` the
    lightness of the left cheek less the right's, as a share of both.
    """

    eye_line: float
    face_height: float
    centre: float
    tilt: float
    backdrop: tuple[tuple[float, float, float] | None, ...]
    brightness: float | None
    side_light: float
    clothes: tuple[float, float, float] | None

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return asdict(self)


def measure(
    picture: Image.Image, alpha: Array, cut: Cutout, face: faces.Face | None = None
) -> Measures | None:
    """Measure a picture whose person has the matte `alpha`; None where no face is found.

    `face` is where it was found before; without it, it is looked for.
    """
    face = face or look(picture)
    if face is None:
        return None
    # An average face's place and size, as the landmarks of this one fit it best.
    matrix = from_template(face.landmarks, (0.0, 0.0), 1.0)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    eyes = cv2.invertAffineTransform(matrix)[:, 2]
    small = _SEEN / picture.height
    size = (round(_SEEN * picture.width / picture.height), _SEEN)
    pixels = cv2.resize(np.asarray(picture.convert("RGB")), size, interpolation=cv2.INTER_AREA)
    shares = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    seen = _scaled(face, small)
    lab = to_lab(pixels)
    left, right = (_cheek(lab, seen, side) for side in (0, 1))
    worn = tone.clothes(replace(cut, colour=pixels, alpha=shares, face=seen))
    return Measures(
        eye_line=round(float(eyes[1]) / picture.height, 5),
        face_height=round(FACE_HEIGHT / scale / picture.height, 5),
        centre=round(float(eyes[0]) / picture.width, 5),
        tilt=round(float(np.degrees(np.arctan2(-matrix[1, 0], matrix[0, 0]))), 3),
        backdrop=_cells(lab, shares),
        brightness=None if worn is None else round(worn[0], 2),
        side_light=round((left - right) / max(1.0, (left + right) / 2), 4),
        clothes=None if worn is None else _rounded(np.asarray(worn)),
    )


def look(picture: Image.Image) -> faces.Face | None:
    """The largest face of a finished picture, looked for at one size in every one."""
    picture = picture.convert("RGB")
    factor = faces.MEASURED / min(picture.size)
    size = (round(picture.width * factor), round(picture.height * factor))
    found = faces.steady(picture.resize(size, Image.Resampling.BICUBIC))
    if found is None:
        return None
    return _scaled(found, 1 / factor)


def _scaled(face: faces.Face, factor: float) -> faces.Face:
    """A face in a picture `factor` times as large."""
    left, top, right, bottom = (round(v * factor) for v in face.box)
    points = tuple((x * factor, y * factor) for x, y in face.landmarks)
    return faces.Face((left, top, right, bottom), points, face.score)


def _cheek(lab: Array, face: faces.Face, side: int) -> float:
    """Median lightness below an eye, beside the nose: 0 the picture's left, 1 its right."""
    eye, other = face.eyes[side], face.eyes[1 - side]
    nose = np.asarray(face.landmarks[4])
    x, y = eye + (nose - (eye + other) / 2) * 0.95
    radius = max(2, round(float(np.hypot(*(eye - other))) * 0.14))
    patch = lab[
        max(0, int(y) - radius) : int(y) + radius, max(0, int(x) - radius) : int(x) + radius
    ]
    return float(np.median(patch[..., 0])) if patch.size else 0.0


def _rounded(lab: Array) -> tuple[float, float, float]:
    return round(float(lab[0]), 2), round(float(lab[1]), 2), round(float(lab[2]), 2)


def _cells(lab: Array, alpha: Array) -> tuple[tuple[float, float, float] | None, ...]:
    height, width = lab.shape[:2]
    cells: list[tuple[float, float, float] | None] = []
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            y0, y1 = (round(_UPPER * height * n / _ROWS) for n in (row, row + 1))
            x0, x1 = (round(width * n / _COLUMNS) for n in (column, column + 1))
            if float(alpha[y0:y1, x0:x1].max()) > 0.02:
                cells.append(None)
                continue
            mean = lab[y0:y1, x0:x1].reshape(-1, 3).mean(axis=0)
            cells.append(
                (round(float(mean[0]), 2), round(float(mean[1]), 2), round(float(mean[2]), 2))
            )
    return tuple(cells)
