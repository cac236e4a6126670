"""Where a person stands in their picture: found once, so that another plate moves nobody.

What lies behind a head moves what is found of its face: of a small drawn one by up to 15 % of its
size. The person is therefore placed, and their place measured, by what was found on the first
plate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.engine.faces import Face, Points
from generation.engine.finishing.cutting import Cutout, moved
from generation.engine.finishing.measuring import look
from generation.engine.finishing.rendering import RenderedFile


@dataclass(frozen=True)
class Alignment:
    """`placed`: the landmarks that a person is placed by. `seen`: the face as it was found anew in
    the finished picture, None where none was. Both in the pixels of the picture that was cut out.
    """

    placed: Points
    seen: Face | None

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        seen = self.seen and {
            "box": list(self.seen.box),
            "landmarks": _rounded(self.seen.landmarks),
            "score": round(self.seen.score, 3),
        }
        return {"placed": _rounded(self.placed), "seen": seen}


def from_dict(kept: Mapping[str, Any]) -> Alignment:
    """What `Alignment.as_dict` gave."""
    seen = kept["seen"]
    return Alignment(
        placed=_points(kept["placed"]),
        seen=seen
        and Face(
            box=(seen["box"][0], seen["box"][1], seen["box"][2], seen["box"][3]),
            landmarks=_points(seen["landmarks"]),
            score=seen["score"],
        ),
    )


def found_in(file: RenderedFile, cut: Cutout) -> Alignment:
    """Where the person of `file`, a colour rendition on the plate, stands in the picture that
    `cut` was cut out of. Looks for the face in the finished picture."""
    back = np.diag((1 / cut.enlarged, 1 / cut.enlarged)) @ cv2.invertAffineTransform(file.matrix)
    seen = look(file.picture)
    return Alignment(
        placed=tuple((x / cut.enlarged, y / cut.enlarged) for x, y in file.landmarks),
        seen=seen and _carried(seen, back),
    )


def landmarks(alignment: Alignment, cut: Cutout) -> Points:
    """What `finish` places the person by, in the cutout's pixels."""
    return tuple((x * cut.enlarged, y * cut.enlarged) for x, y in alignment.placed)


def face_in(alignment: Alignment, file: RenderedFile, cut: Cutout) -> Face | None:
    """The face in a rendition, where it was seen when the alignment was found."""
    scaled = file.matrix @ np.diag((cut.enlarged, cut.enlarged, 1.0))
    return alignment.seen and _carried(alignment.seen, scaled)


def _carried(face: Face, matrix: NDArray[Any]) -> Face:
    left, top, right, bottom = face.box
    (x0, y0), (x1, y1) = moved(((left, top), (right, bottom)), matrix)
    box = (round(x0), round(y0), round(x1), round(y1))
    return replace(face, box=box, landmarks=moved(face.landmarks, matrix))


def _points(rows: Any) -> Points:
    return tuple((float(x), float(y)) for x, y in rows)


def _rounded(points: Points) -> list[list[float]]:
    return [[round(x, 4), round(y, 4)] for x, y in points]
