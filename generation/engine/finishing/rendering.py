"""From a cutout to files: placed once, on the plate, encoded."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from generation.engine.finishing import plates, tone
from generation.engine.finishing.cutting import Cutout
from generation.engine.finishing.specs import FACE_HEIGHT, FinishSpec, LogoSpec, RenditionSpec
from generation.engine.geometry import from_template

Array = NDArray[Any]

# Up to this share of its side a picture is continued by its mirror image where it ends.
_MIRRORED = 0.08
# Where a body ends at the picture's side and the frame goes on, it fades over this share.
_FADE = 0.10


@dataclass(frozen=True)
class RenderedFile:
    """One rendition: its spec, its bytes and its pixels. `enlarged` above 1: how many times
    larger than in the picture the person is drawn (Lanczos)."""

    spec: RenditionSpec
    data: bytes
    picture: Image.Image
    alpha: Array
    enlarged: float


def finish(
    cut: Cutout, spec: FinishSpec, *, xmp: bytes = b"", on_file: Callable[[], None] | None = None
) -> list[RenderedFile]:
    """Every rendition of `spec` for the person of `cut`, in the spec's order.

    `xmp` is put into each file. `on_file` is called after each, for a heartbeat.
    Raises ValueError for a rendition that its format cannot hold.
    """
    layers = _Layers(cut, tone.toned(cut, spec.tone))
    made = []
    for rendition in spec.renditions:
        made.append(_render(layers, spec, rendition, xmp))
        if on_file:
            on_file()
    return made


class _Layers:
    """A cutout, premultiplied, with room about it, in halved sizes for small renditions."""

    def __init__(self, cut: Cutout, colour: NDArray[Any]) -> None:
        self.cut = cut
        alpha = cut.alpha[..., None]
        stacked = np.concatenate([colour.astype(np.float32) * alpha, alpha * 255], axis=-1)
        stacked = (stacked + 0.5).astype(np.uint8)
        height, width = cut.alpha.shape
        self.margin = math.ceil(_MIRRORED * max(height, width))
        above = cv2.copyMakeBorder(stacked, self.margin, 0, 0, 0, cv2.BORDER_REFLECT)
        # Below, cloth is drawn out as far as a frame may ask.
        self.below = height // 2
        self.sizes = [cv2.copyMakeBorder(above, 0, self.below, 0, 0, cv2.BORDER_REPLICATE)]

    def placed(self, rendition: RenditionSpec) -> tuple[Array, float]:
        """Premultiplied RGBA 0..255 on the rendition's canvas, and the scale it was drawn at."""
        width, height = rendition.width, rendition.height
        eyes = (rendition.centre * width, rendition.eye_line * height)
        distance = rendition.face_height * height / FACE_HEIGHT
        matrix = from_template(self.cut.face.landmarks, eyes, distance)
        scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        level, shrunk = self.sizes[0], 1.0
        while scale * shrunk < 0.5:
            level = cv2.resize(level, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            shrunk *= 2
        # From pixels of the level, whose first row lies `margin` above the picture's.
        to_cut = np.array([[shrunk, 0, (shrunk - 1) / 2], [0, shrunk, (shrunk - 1) / 2]])
        to_cut[1, 2] -= self.margin
        whole = np.vstack([matrix, (0, 0, 1)]) @ np.vstack([to_cut, (0, 0, 1)])
        drawn: Array = cv2.warpAffine(
            level,
            whole[:2],
            (width, height),
            flags=cv2.INTER_LANCZOS4 if scale * shrunk > 1.05 else cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(0, 0, 0, 0),
        )
        drawn = drawn.astype(np.float32) * self._ends(matrix, scale, width, height)
        drawn[..., :3] = np.minimum(drawn[..., :3], drawn[..., 3:])
        return drawn, scale * self.cut.enlarged

    def _ends(self, matrix: NDArray[np.float64], scale: float, width: int, height: int) -> Array:
        """Soft ends where the frame goes on beyond the picture's sides, 1 elsewhere."""
        across = self.cut.alpha.shape[1]
        left = float(matrix[0, 2] + matrix[0, 1] * self.cut.alpha.shape[0] * 0.8)
        right = left + scale * across
        x = np.arange(width, dtype=np.float32)
        ramp = np.ones(width, np.float32)
        reach = _FADE * scale * across
        if left > 0.004 * width:
            ramp *= _smooth((x - left - 0.01 * reach) / reach)
        if right < width * 0.996:
            ramp *= _smooth((right - 0.01 * reach - x) / reach)
        return ramp[None, :, None]


def _smooth(at: Array) -> Array:
    at = np.clip(at, 0, 1)
    return np.asarray(at * at * (3 - 2 * at), np.float32)


def _render(
    layers: _Layers, spec: FinishSpec, rendition: RenditionSpec, xmp: bytes
) -> RenderedFile:
    size = (rendition.width, rendition.height)
    drawn, scale = layers.placed(rendition)
    share = drawn[..., 3:] / 255
    see_through = rendition.backdrop == "none"
    if see_through:
        colour = drawn[..., :3] / np.maximum(share, 1 / 255)
        pixels = np.concatenate([np.clip(colour, 0, 255), drawn[..., 3:]], axis=-1)
    else:
        behind = plates.paint(spec.plate, size).astype(np.float32)
        pixels = drawn[..., :3] + behind * (1 - share)
    if rendition.monochrome:
        grey = pixels[..., :3] @ np.array((0.2126, 0.7152, 0.0722), np.float32)
        pixels[..., :3] = grey[..., None]
    picture = Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))
    if rendition.logo and spec.logo is not None:
        _put_logo(picture, spec.logo)
    if rendition.frame:
        _put_frame(picture, spec, round_=rendition.shape == "round")
    if rendition.shape == "round":
        picture = _round(picture)
    return RenderedFile(
        spec=rendition,
        data=encode(picture, rendition, xmp),
        picture=picture,
        alpha=share[..., 0],
        enlarged=round(scale, 3),
    )


def _put_logo(picture: Image.Image, logo: LogoSpec) -> None:
    shorter = min(picture.size)
    with Image.open(logo.file) as opened:
        mark = opened.convert("RGBA")
        width = max(1, round(logo.width * shorter))
        height = max(1, round(width * mark.height / mark.width))
        mark = mark.resize((width, height), Image.Resampling.LANCZOS)
    gap = round(logo.margin * shorter)
    x = gap if logo.corner == "left" else picture.width - gap - width
    picture.paste(mark, (x, picture.height - gap - height), mark)


def _put_frame(picture: Image.Image, spec: FinishSpec, *, round_: bool) -> None:
    """A band of the frame's colour along the edge, drawn four times larger."""
    width = max(1, round(spec.frame_width * min(picture.size)))
    band = Image.new("L", (picture.width * 4, picture.height * 4), 0)
    draw = ImageDraw.Draw(band)
    box = (0, 0, band.width - 1, band.height - 1)
    if round_:
        draw.ellipse(box, outline=255, width=width * 4)
    else:
        draw.rectangle(box, outline=255, width=width * 4)
    band = band.resize(picture.size, Image.Resampling.LANCZOS)
    picture.paste(plates.rgb(spec.frame_colour), (0, 0), band)


def _round(picture: Image.Image) -> Image.Image:
    disc = Image.new("L", (picture.width * 4, picture.height * 4), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
    disc = disc.resize(picture.size, Image.Resampling.LANCZOS)
    out = picture.convert("RGBA")
    shares = np.asarray(out.getchannel("A"), np.float32) * np.asarray(disc, np.float32) / 255
    out.putalpha(Image.fromarray(shares.astype(np.uint8)))
    return out


def encode(picture: Image.Image, rendition: RenditionSpec, xmp: bytes = b"") -> bytes:
    """The file of a rendition, with no metadata but `xmp` and the print size."""
    if picture.mode == "RGBA" and rendition.format == "jpeg":
        raise ValueError(f"{rendition.kind}: a JPEG cannot be see-through.")
    options: dict[str, object] = {"xmp": xmp} if xmp else {}
    if rendition.dpi and rendition.format != "webp":
        options["dpi"] = (rendition.dpi, rendition.dpi)
    if rendition.format == "jpeg":
        options |= {"quality": rendition.quality, "subsampling": 0, "optimize": True}
    elif rendition.format == "webp":
        options |= {"quality": rendition.quality, "method": 3, "exact": False}
    elif rendition.format == "png":
        options |= {"compress_level": 6}
        if xmp:
            options.pop("xmp")
            options["pnginfo"] = _xmp_of_png(xmp)
    else:
        raise ValueError(f"{rendition.format!r} is no format of a rendition.")
    stream = io.BytesIO()
    picture.save(stream, rendition.format.upper(), **options)
    return stream.getvalue()


def _xmp_of_png(xmp: bytes) -> object:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    return info
