"""Real photographs, made from the one of an astronaut that scikit-image ships (NASA, in the
public domain)."""

from __future__ import annotations

import io

import cv2
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


def _lying(picture: np.ndarray, seed: int) -> Image.Image:
    """A picture (h, w, 3) on a rough table, seen a little from the side."""
    chance = np.random.default_rng(seed)
    side, height, width = 1200, *picture.shape[:2]
    rough = cv2.resize(chance.normal(0, 18, (150, 150, 3)), (side, side))
    table = np.clip(np.array((110, 85, 60)) + rough, 0, 255).astype(np.uint8)
    corners = np.array([(0.15, 0.15), (0.85, 0.15), (0.85, 0.85), (0.15, 0.85)]) * side
    there = (corners + chance.uniform(-60, 60, (4, 2))).astype(np.float32)
    here = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    turn = cv2.getPerspectiveTransform(here, there)
    seen = cv2.warpPerspective(picture, turn, (side, side))
    where = cv2.warpPerspective(np.full((height, width), 255, np.uint8), turn, (side, side))
    both = np.where(where[..., None] > 127, seen, table)
    return Image.fromarray(cv2.GaussianBlur(both, (3, 3), 0))


def of_a_print(seed: int = 0) -> Image.Image:
    """A photo of a print with a white border."""
    white = cv2.copyMakeBorder(
        np.asarray(portrait(600)), *(24,) * 4, cv2.BORDER_CONSTANT, value=(245, 245, 240)
    )
    return _lying(white, seed)


def of_a_screen() -> Image.Image:
    """A photo that a screen fills: faint stripes where its pixels meet the camera's."""
    values = np.asarray(portrait(), np.float64)
    down, across = np.mgrid[: values.shape[0], : values.shape[1]]
    wave = np.sin(2 * np.pi * (0.94 * across + 0.34 * down) / 3.3)
    return Image.fromarray((values * (1 + 0.04 * wave)[..., None]).clip(0, 255).astype(np.uint8))


def before_a_window() -> Image.Image:
    """Herself, before a bright frame that she stands in front of."""
    image = np.array(portrait())
    person = image.copy()
    cv2.rectangle(image, (90, 60), (810, 860), (250, 250, 250), 14)
    inside = np.zeros(image.shape[:2], np.uint8)
    cv2.ellipse(inside, (420, 330), (240, 300), 0, 0, 360, 1, -1)
    inside[560:] = 1
    return Image.fromarray(np.where(inside[..., None] == 1, person, image))
