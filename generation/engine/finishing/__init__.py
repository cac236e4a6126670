"""Finishing: from a picture of a person to the files a company uses. Needs no torch.

`cut_out` lifts the person off whatever is behind them, `finish` puts them on the plate, at one
eye line and face height, in one light, and encodes every rendition. Deterministic: the same
picture, landmarks and specs give the same bytes.
"""

from generation.engine.finishing.alignment import Alignment
from generation.engine.finishing.cutting import LEAST_FACE, Cutout, cut_out
from generation.engine.finishing.measuring import Measures, measure
from generation.engine.finishing.plates import paint
from generation.engine.finishing.rendering import RenderedFile, finish, notes
from generation.engine.finishing.specs import (
    FinishSpec,
    LogoSpec,
    PlateSpec,
    RenditionSpec,
    ToneSpec,
)

__all__ = [
    "LEAST_FACE",
    "Alignment",
    "Cutout",
    "FinishSpec",
    "LogoSpec",
    "Measures",
    "PlateSpec",
    "RenderedFile",
    "RenditionSpec",
    "ToneSpec",
    "cut_out",
    "finish",
    "measure",
    "notes",
    "paint",
]
