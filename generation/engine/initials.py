"""Initials on the plate of the others, for somebody who wants no picture. Needs no torch."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from generation.engine.lettering import lettering


def initials(first: str, last: str, email: str, *, fonts: Sequence[Path] = ()) -> str:
    """One or two letters for somebody, by their address where no name is known or no font has
    its letters; `fonts` as for `lettering`."""
    words = (unicodedata.normalize("NFC", word).strip() for word in (first, last))
    letters = [word[:1] for word in words if word]
    text = "".join(letters).upper()
    if not text or lettering(16, fonts).missing(text):
        return email[:1].upper()
    return text


def draw(
    letters: str, ground: Image.Image, eye_line: float, *, fonts: Sequence[Path] = ()
) -> Image.Image:
    """`letters` large on the plate `ground`, where the others' faces are, light on dark or dark
    on light."""
    picture = ground.convert("RGB")
    width, height = picture.size
    font = lettering(round(width * (0.4 if len(letters) > 1 else 0.5)), fonts)
    bright = sum(picture.convert("L").resize((1, 1)).tobytes()) > 120
    ink = (38, 42, 50) if bright else (250, 250, 248)
    middle = (width / 2, height * (eye_line + 0.08))
    font.draw(ImageDraw.Draw(picture), middle, letters, ink, centred=True)
    return picture
