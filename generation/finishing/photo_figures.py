"""How a real photo beside the headshots compares with them: its backdrop and its clothes.

Whoever gave it was promised that their face is not measured. Where it lies is what it was placed
by, so that eye line, face height and tilt have no figures; neither has the light on their cheeks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generation.engine.finishing import Cutout
    from generation.engine.finishing.rendering import RenderedFile

# What is kept of generation.engine.finishing.Measures.
_KEPT = ("backdrop", "brightness", "clothes")


def of(main: RenderedFile, cut: Cutout) -> dict[str, Any] | None:
    """Those measures of a finished photo that are none of the face; None where there are none."""
    from dataclasses import replace

    from generation.engine import finishing
    from generation.engine.finishing.cutting import moved

    left, top, right, bottom = cut.face.box
    (x0, y0), (x1, y1) = moved(((left, top), (right, bottom)), main.matrix)
    face = replace(
        cut.face,
        box=(round(x0), round(y0), round(x1), round(y1)),
        landmarks=moved(cut.face.landmarks, main.matrix),
    )
    found = finishing.measure(main.picture, main.alpha, cut, face)
    return {name: found.as_dict()[name] for name in _KEPT} if found else None
