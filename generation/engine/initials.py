"""Initials on the look's backdrop, for somebody who wants no picture. Needs no torch."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

# Middle colours of the backdrops of a look.
_BACKDROPS = {
    "studio grey": (185, 188, 192),
    "studio white": (240, 240, 238),
    "studio blue": (143, 169, 201),
    "warm beige": (221, 200, 173),
    "office": (205, 211, 214),
    "outdoors": (188, 215, 230),
}
_INK = (40, 44, 52)


def initials(first: str, last: str, email: str) -> str:
    """One or two letters for somebody, by their address where no name is known."""
    letters = [word.strip()[:1] for word in (first, last) if word.strip()]
    return "".join(letters or [email[:1]]).upper()


def draw(letters: str, backdrop: str, size: tuple[int, int], eye_line: float) -> Image.Image:
    """`letters` large on the backdrop, RGB, in the middle of where the others' faces are."""
    ground = _BACKDROPS.get(backdrop, _BACKDROPS["studio grey"])
    picture = Image.new("RGB", size, ground)
    # A little light from above, as behind the others.
    light = Image.linear_gradient("L").resize(size)
    picture = Image.composite(
        Image.new("RGB", size, tuple(max(0, v - 26) for v in ground)),
        picture,
        light.point(lambda v: v * 0.8),
    )
    font = ImageFont.load_default(round(size[0] * (0.42 if len(letters) > 1 else 0.5)))
    pen = ImageDraw.Draw(picture)
    if not all(pen.textbbox((0, 0), letter, font=font)[2] for letter in letters):
        letters = "·"
    middle = (size[0] / 2, size[1] * (eye_line + 0.08))
    pen.text(middle, letters, _INK, font=font, anchor="mm")
    return picture
