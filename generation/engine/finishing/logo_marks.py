"""A logo in a corner, or in the lower middle of a disc."""

from __future__ import annotations

import math

from PIL import Image

from generation.engine.finishing.specs import LogoSpec

# Pixels inside a disc's edge, or a band's, that drawing it softly reaches.
_SOFT_EDGE = 3
# Drawn larger than this many times its own pixels, a logo is a blur.
_MOST_ENLARGED = 2.0


def put(picture: Image.Image, logo: LogoSpec) -> None:
    """Into the lower corner that `logo` names."""
    shorter = min(picture.size)
    mark = _mark(logo, logo.width * shorter)
    gap = round(logo.margin * shorter)
    x = gap if logo.corner == "left" else picture.width - gap - mark.width
    _over(picture, mark, (x, picture.height - gap - mark.height))


def put_into_disc(picture: Image.Image, logo: LogoSpec, band: int) -> None:
    """In the middle, as far down as its lower corners stay inside the disc, and inside the `band`
    (pixels) that a frame will cover; smaller only where it would not fit at all."""
    side = min(picture.size)
    radius = side / 2 - band - max(_SOFT_EDGE, round(logo.margin * side))
    mark = _mark(logo, logo.width * side)
    most = 2 * radius / math.hypot(mark.width + 1, mark.height + 1)
    if most < 1:
        mark = _mark(logo, max(mark.size) * most)
    lowest = math.sqrt(max(0.0, radius**2 - ((mark.width + 1) / 2) ** 2))
    x = (picture.width - mark.width) // 2
    _over(picture, mark, (x, math.floor(picture.height / 2 + lowest) - mark.height))


def _over(picture: Image.Image, mark: Image.Image, at: tuple[int, int]) -> None:
    """Where the picture is see-through the mark keeps its own colour and share; pasted, it would
    be mixed with the black that is nothing there."""
    if picture.mode == "RGBA":
        picture.alpha_composite(mark, at)
    else:
        picture.paste(mark, at, mark)


def _mark(logo: LogoSpec, side: float) -> Image.Image:
    """A logo that fits into a square of `side` pixels."""
    with Image.open(logo.file) as opened:
        mark = opened.convert("RGBA")
    wide = side * min(1.0, mark.width / mark.height)
    wide = max(1, round(min(wide, _MOST_ENLARGED * mark.width)))
    high = max(1, round(wide * mark.height / mark.width))
    return mark.resize((wide, high), Image.Resampling.LANCZOS)
