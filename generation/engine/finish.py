"""The last step: align to one eye line, crop once, enlarge, encode. Needs no torch.

Deterministic: the same picture and landmarks give the same bytes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from generation.engine.faces import Points
from generation.engine.finishing.specs import FACE_HEIGHT
from generation.engine.geometry import place
from generation.engine.lettering import lettering
from generation.engine.recipe import CropSettings
from generation.engine.specs import AlignSpec

# The share of a model’s picture that a frame takes at most, and how much closer “close” is.
_FILLED = 1.0
_CLOSER = 1.15

_RENDITIONS: dict[str, tuple[int, int]] = {
    "large": (0, 92),
    "square": (512, 90),
    "thumbnail": (160, 85),
}


def frame(framing: str, crop: CropSettings) -> AlignSpec:
    """Where the face shall lie for a framing of LookSpec, on pictures cropped as `crop` says.

    Never looser than the model's own pictures, so that a picture fills its frame.
    """
    fills = FACE_HEIGHT * crop.eye_distance / _FILLED
    spec = AlignSpec(eye_line=crop.eye_y, face_height=max(AlignSpec.face_height, fills))
    return replace(spec, face_height=spec.face_height * _CLOSER) if framing == "close" else spec


def face_height(framing: str, crop: CropSettings, eye_line: float) -> float:
    """How high a face is (brow to chin, share of the picture's height) for a framing and an eye
    line, so that a picture cropped as `crop` says reaches the frame's upper and lower edge."""
    above, below = eye_line / crop.eye_y, (1 - eye_line) / (1 - crop.eye_y)
    fills = FACE_HEIGHT * crop.eye_distance * max(above, below)
    height = max(AlignSpec.face_height, fills)
    return height * _CLOSER if framing == "close" else height


def align(image: Image.Image, landmarks: Points, spec: AlignSpec | None = None) -> Image.Image:
    """`image` moved, turned and scaled so that its face lies where `spec` says, RGB."""
    spec = spec or AlignSpec()
    width, height = spec.size
    eyes = (width / 2, spec.eye_line * height)
    return place(image, landmarks, spec.size, eyes, spec.face_height * height / FACE_HEIGHT)


def jpeg(image: Image.Image, quality: int = 92, xmp: bytes = b"") -> bytes:
    """A JPEG with full chroma and no metadata but the XMP packet given."""
    more = {"xmp": xmp} if xmp else {}
    return _encode(
        image.convert("RGB"), "JPEG", quality=quality, subsampling=0, optimize=True, **more
    )


def png(image: Image.Image, xmp: bytes = b"") -> bytes:
    """A PNG without any metadata but the XMP packet given."""
    more: dict[str, object] = {}
    if xmp:
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        more["pnginfo"] = info
    return _encode(image.convert("RGB"), "PNG", optimize=True, **more)


def _encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, kind, **options)
    return buffer.getvalue()


def renditions(image: Image.Image) -> dict[str, bytes]:
    """The files of a headshot by name: `large`, `square`, `thumbnail` (JPEG) and `print`
    (PNG). Squares keep the picture's top, where the head is."""
    files = {"print": png(image)}
    for name, (side, quality) in _RENDITIONS.items():
        picture = image
        if side:
            edge = min(image.size)
            left = (image.width - edge) // 2
            picture = image.crop((left, 0, left + edge, edge))
            picture = picture.resize((side, side), Image.Resampling.LANCZOS)
        files[name] = jpeg(picture, quality)
    return files


def _across(count: int) -> int:
    """How many people stand side by side, so that a wall is a little wider than high and its last
    row as full as can be."""
    about = max(2, math.ceil(math.sqrt(count * 1.5)))
    near = range(max(2, about - 1), about + 2)
    return min(count, min(near, key=lambda across: (-count % across, abs(across - about))))


def wall(
    images: Sequence[Image.Image],
    names: Sequence[str],
    *,
    columns: int | None = None,
    tile: int = 320,
    title: str = "",
    titles: Sequence[str] = (),
    notes: Sequence[str] = (),
    fonts: Sequence[Path] = (),
) -> Image.Image:
    """One picture of the whole roster: a grid of tiles `tile` pixels wide, names below, and under
    each name the person's title and a note, where there are any. `fonts` have letters that Roboto
    lacks; words that no font has are left out.

    All tiles have the first picture's proportions. Raises ValueError without pictures.
    """
    below = [texts for texts in (titles, notes) if any(texts)]
    if not images or any(len(texts) != len(images) for texts in (names, *below)):
        raise ValueError("A wall needs pictures, and one name for each.")
    count = len(images)
    across = columns or _across(count)
    rows = math.ceil(count / across)
    height = round(tile * images[0].height / images[0].width)
    gap, line = max(8, tile // 20), max(20, tile // 8)
    label = line + line // 2 * len(below)
    head = 2 * line if title else 0
    sheet = Image.new(
        "RGB",
        (gap + across * (tile + gap), gap + head + rows * (height + label + gap)),
        (250, 250, 248),
    )
    draw = ImageDraw.Draw(sheet)
    if title:
        large = lettering(line * 0.8, fonts)
        shown = large.fit(large.written(title), sheet.width - 2 * gap)
        large.draw(draw, (gap, gap + line), shown, (30, 34, 40))
    font, small = lettering(line * 0.5, fonts), lettering(line * 0.4, fonts)
    for index, (image, name) in enumerate(zip(images, names, strict=True)):
        x = gap + index % across * (tile + gap)
        y = gap + head + index // across * (height + label + gap)
        sheet.paste(image.convert("RGB").resize((tile, height), Image.Resampling.LANCZOS), (x, y))
        middle = x + tile / 2
        text = font.fit(font.written(name), tile)
        font.draw(draw, (middle, y + height + line / 2), text, (40, 44, 52), centred=True)
        for row, texts in enumerate(below):
            at = (middle, y + height + line + line // 2 * row)
            text = small.fit(small.written(texts[index]), tile)
            small.draw(draw, at, text, (110, 114, 122), centred=True)
    return sheet
