"""Initials on the plate of the others, for somebody who wants no picture. Needs no torch."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont


def initials(first: str, last: str, email: str) -> str:
    """One or two letters for somebody, by their address where no name is known."""
    letters = [word.strip()[:1] for word in (first, last) if word.strip()]
    return "".join(letters or [email[:1]]).upper()


def draw(letters: str, ground: Image.Image, eye_line: float) -> Image.Image:
    """`letters` large on the plate `ground`, where the others' faces are, light on dark or dark
    on light."""
    picture = ground.convert("RGB")
    width, height = picture.size
    font = ImageFont.load_default(round(width * (0.4 if len(letters) > 1 else 0.5)))
    pen = ImageDraw.Draw(picture)
    bright = sum(picture.convert("L").resize((1, 1)).tobytes()) > 120
    ink = (38, 42, 50) if bright else (250, 250, 248)
    pen.text((width / 2, height * (eye_line + 0.08)), letters, ink, font=font, anchor="mm")
    return picture
