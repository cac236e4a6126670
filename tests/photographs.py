"""Real photographs, made from the one of an astronaut that scikit-image ships (NASA, in the
public domain)."""

from __future__ import annotations

import io

import numpy as np
import skimage.data
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter


def astronaut() -> Image.Image:
    """Eileen Collins, 512 by 512, her face 87 pixels high."""
    return Image.fromarray(skimage.data.astronaut())


def portrait(side: int = 900) -> Image.Image:
    """Her head and shoulders, as large as from a phone."""
    return astronaut().crop((90, 0, 360, 270)).resize((side, side), Image.Resampling.LANCZOS)


def blurred() -> Image.Image:
    return portrait().filter(ImageFilter.GaussianBlur(9))


def dark() -> Image.Image:
    return ImageEnhance.Brightness(portrait()).enhance(0.12)


def sideways() -> Image.Image:
    """As a phone stores it that was turned and says so nowhere."""
    return portrait().rotate(90, expand=True)


def leaning() -> Image.Image:
    return portrait().rotate(12, Image.Resampling.BICUBIC, fillcolor=(90, 90, 90))


def two() -> Image.Image:
    """Two people beside each other."""
    one = portrait(600)
    both = Image.new("RGB", (1200, 600))
    both.paste(one, (0, 0))
    both.paste(one.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (600, 0))
    return both


def tiny() -> Image.Image:
    """The face is there, but far away."""
    far = Image.new("RGB", (1200, 1200), (150, 170, 190))
    far.paste(portrait(240), (480, 700))
    return far


def sunglasses() -> Image.Image:
    """Dark glasses painted over her eyes."""
    image = portrait()
    pen = ImageDraw.Draw(image)
    scale = 900 / 270
    for x, y in ((203.5 - 90, 102.0), (246.0 - 90, 104.5)):
        left, top = (x - 15) * scale, (y - 11) * scale
        right, bottom = (x + 15) * scale, (y + 12) * scale
        pen.ellipse((left, top, right, bottom), fill=(22, 22, 26))
    return image


def hat() -> Image.Image:
    """A cap painted over hair and forehead."""
    image = portrait()
    scale = 900 / 270
    box = ((90 - 20) * scale, 20 * scale, (180 + 20) * scale, 88 * scale)
    ImageDraw.Draw(image).ellipse(box, fill=(60, 30, 90))
    return image


def otherwise(seed: int) -> Image.Image:
    """Another photo of her: light, crop, angle and background differ by `seed`."""
    g = np.random.default_rng(seed)
    x, y = g.integers(-25, 25, 2)
    image = astronaut().crop((80 + x, max(0, y), 370 + x, 290 + max(0, y)))
    image = image.rotate(float(g.uniform(-8, 8)), Image.Resampling.BICUBIC, fillcolor=(90, 90, 90))
    image = ImageEnhance.Brightness(image).enhance(float(g.uniform(0.75, 1.2)))
    return image.resize((800, 800), Image.Resampling.LANCZOS)


def jpeg_of(image: Image.Image, quality: int = 92) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
