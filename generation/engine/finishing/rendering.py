"""From a cutout to files: placed once, on the plate, encoded."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.ExifTags import Base

from generation.engine import faces
from generation.engine.faces import Points
from generation.engine.finishing import logo_marks, plates, tone, upper_end
from generation.engine.finishing.cutting import Cutout, moved
from generation.engine.finishing.specs import FACE_HEIGHT, FinishSpec, RenditionSpec
from generation.engine.geometry import from_template

Array = NDArray[Any]

# Room above a picture, as a share of its longer side, and how much of it at most its mirror image
# fills: more of that looks like horns.
_ABOVE, _MIRRORED = 0.08, 0.02
# Where a frame goes on above cut hair by no more than this share of its height, the mirror image
# fills it up; beyond that, hair is rounded off.
_FILLED = 0.012
# From this share on a head looks flat.
_FLAT = 0.06
# Where a body ends at the picture's side and the frame goes on, it fades over this share.
_FADE = 0.10
# A picture is doubled once; what is drawn yet larger from that is smooth enough for a cubic.
_MOST_ENLARGED = 2.0
# EXIF's word for dots an inch.
_INCH = 2
# How often the face is looked for again on its plate.
_SETTLED = 2
# Luminance of Rec. 709 in each of three channels.
_GREY = np.tile(np.array([0.2126, 0.7152, 0.0722], np.float32), (3, 1))


@dataclass(frozen=True)
class RenderedFile:
    """One rendition: its spec, its bytes and its pixels. `enlarged` above 1: how many times
    larger than in the picture the person is drawn (Lanczos). `landmarks` are those that the person
    was placed by, in the cutout's pixels; `matrix` [2, 3] leads from those to the file's.
    `hair_missing` is the share of the file's height by which it goes on above hair that the
    picture's upper edge cuts, so that it was rounded off there; 0 where nothing of that shows."""

    spec: RenditionSpec
    data: bytes
    picture: Image.Image
    alpha: Array
    enlarged: float
    landmarks: Points
    matrix: NDArray[np.float64]
    hair_missing: float


def finish(
    cut: Cutout,
    spec: FinishSpec,
    *,
    landmarks: Points | None = None,
    xmp: bytes = b"",
    on_file: Callable[[], None] | None = None,
) -> list[RenderedFile]:
    """Every rendition of `spec` for the person of `cut`, in the spec's order.

    `landmarks` of an earlier rendering, in the cutout's pixels, place the person as they did then;
    without them they are measured on the plate. `xmp` is put into each file. `on_file` is called
    after each, for a heartbeat. Raises ValueError for a rendition that its format cannot hold.
    """
    layers = _Layers(cut, tone.toned(cut, spec.tone))
    if landmarks is None:
        _settle(layers, spec)
    else:
        layers.landmarks = landmarks
    made = []
    for rendition in spec.renditions:
        made.append(_render(layers, spec, rendition, xmp))
        if on_file:
            on_file()
    return made


def notes(cut: Cutout, files: Sequence[RenderedFile]) -> tuple[str, ...]:
    """The codes of `cut.notes` that can be seen in its files: "hair_cut" where one of them goes on
    above the cut, and instead of it "hair_missing" where that is so far that a head looks flat."""
    missing = max(file.hair_missing for file in files) if "hair_cut" in cut.notes else 0.0
    hair = ("hair_missing",) if missing > _FLAT else ("hair_cut",) if missing else ()
    return (*hair, *(note for note in cut.notes if note != "hair_cut"))


def _settle(layers: _Layers, spec: FinishSpec) -> None:
    """Measure the landmarks where they will be seen. What lies behind a head moves what is found
    of its face, by up to a degree and a half of tilt on a drawn one: so they are looked for in the
    first rendition on the plate, small, until that stands as it should."""
    full = [r for r in spec.renditions if r.backdrop == "plate" and r.shape == "full"]
    first = full[0] if full else spec.renditions[0]
    factor = faces.MEASURED / min(first.width, first.height)
    size = (round(first.width * factor), round(first.height * factor))
    small = replace(first, width=size[0], height=size[1])
    behind = plates.paint(spec.plate, size)
    for _ in range(_SETTLED):
        placed = layers.place(small)
        picture = _on(behind, placed)
        near = moved(layers.landmarks, placed.matrix)
        seen = faces.steady(Image.fromarray(picture), near)
        if seen is not None:
            layers.landmarks = moved(seen.landmarks, cv2.invertAffineTransform(placed.matrix))


class _Placed(NamedTuple):
    """A person on a rendition's canvas: premultiplied RGBA `pixels` uint8 of the part they take,
    whose upper left corner is `at` (x, y); nobody is in the rest. `matrix` [2, 3] leads there from
    the cutout's pixels, `scale` times as large. `hair_missing` as in RenderedFile."""

    pixels: NDArray[Any]
    at: tuple[int, int]
    matrix: NDArray[np.float64]
    scale: float
    hair_missing: float


class _Layers:
    """A cutout, premultiplied, with room about it, halved and doubled for renditions' sizes."""

    def __init__(self, cut: Cutout, colour: NDArray[Any]) -> None:
        self.cut = cut
        self.landmarks = cut.face.landmarks
        shares: Array = np.clip(cut.alpha * 255 + 0.5, 0, 255).astype(np.uint8)
        lit = cv2.multiply(colour, cv2.merge([shares] * 3), scale=1 / 255)
        self.stacked: Array = np.dstack([lit, shares])
        self.cut_columns = upper_end.cut_columns(cut.alpha)
        height, width = cut.alpha.shape
        self.margin = math.ceil(_ABOVE * max(height, width))
        self.mirrored = math.ceil(_MIRRORED * max(height, width))
        # By whether hair is rounded off, then by size.
        self.sizes: dict[tuple[bool, float], Array] = {}
        self.corners: dict[bool, tuple[int, int]] = {}
        self.drawn: dict[tuple[float, ...], _Placed] = {}

    def _whole(self, rounded: bool) -> Array:
        """The person at the cutout's size with room about it."""
        stacked, mirrored = self.stacked, self.mirrored if len(self.cut_columns) else 0
        if rounded:
            stacked = upper_end.rounded(stacked, self.cut.alpha, self.cut.face)
            mirrored = 0
        above = cv2.copyMakeBorder(stacked, self.margin, 0, 0, 0, cv2.BORDER_REFLECT)
        # Below, cloth is drawn out as far as a frame may ask.
        below = self.cut.alpha.shape[0] // 2
        whole: Array = cv2.copyMakeBorder(above, 0, below, 0, 0, cv2.BORDER_REPLICATE)
        # Only what there is of the person is drawn: (left, top) of it, in the cutout's pixels.
        left, top, wide, high = cv2.boundingRect(whole[..., 3])
        self.corners[rounded] = (left, top - self.margin)
        # Blanked only now: what is drawn is interpolated from where the rectangle begins.
        whole[: self.margin - mirrored] = 0
        return whole[top : top + high, left : left + wide]

    def _size(self, factor: float, rounded: bool) -> Array:
        """The person `factor` times as large, a power of two: halved by areas, doubled by
        Lanczos, once for all renditions that are drawn from it."""
        key = (rounded, factor)
        if key not in self.sizes:
            if factor == 1:
                self.sizes[key] = self._whole(rounded)
            else:
                before = self._size(factor * 2 if factor < 1 else factor / 2, rounded)
                by = 0.5 if factor < 1 else 2.0
                kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_LANCZOS4
                self.sizes[key] = cv2.resize(before, None, fx=by, fy=by, interpolation=kind)
        return self.sizes[key]

    def _missing(self, matrix: NDArray[np.float64], scale: float, size: tuple[int, int]) -> float:
        """By how much of its height a frame of `size` goes on above hair that is cut, 0 where that
        is so little that the mirror image fills it."""
        width, height = size
        x, y = matrix[:, :1] * self.cut_columns + matrix[:, 2:]
        seen = y[(x >= 0) & (x < width)]
        gap = float(seen.max(initial=0.0))
        return gap / height if gap > min(_FILLED * height, self.mirrored * scale) else 0.0

    def placed(self, rendition: RenditionSpec) -> _Placed:
        """The person where the rendition has them; renditions that only differ in colour or in
        what is behind share it."""
        key = (
            rendition.width,
            rendition.height,
            rendition.centre,
            rendition.eye_line,
            rendition.face_height,
        )
        if key not in self.drawn:
            self.drawn[key] = self.place(rendition)
        return self.drawn[key]

    def place(self, rendition: RenditionSpec) -> _Placed:
        """The person drawn where the landmarks lead them."""
        width, height = rendition.width, rendition.height
        eyes = (rendition.centre * width, rendition.eye_line * height)
        distance = rendition.face_pixels / FACE_HEIGHT
        matrix = from_template(self.landmarks, eyes, distance)
        scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        factor = min(2.0 ** math.ceil(math.log2(scale / 1.05)), _MOST_ENLARGED)
        missing = self._missing(matrix, scale, (width, height))
        level = self._size(factor, missing > 0)
        left, top = self.corners[missing > 0]
        rows, columns = level.shape[:2]
        # From pixels of the level to those of the cutout, then to the canvas.
        to_cut = np.array(
            [
                [1 / factor, 0, (1 / factor - 1) / 2 + left],
                [0, 1 / factor, (1 / factor - 1) / 2 + top],
                [0, 0, 1],
            ]
        )
        whole = (np.vstack([matrix, (0, 0, 1)]) @ to_cut)[:2]
        corners = np.array([(0, 0), (columns, 0), (0, rows), (columns, rows)], np.float64)
        reached = corners @ whole[:, :2].T + whole[:, 2]
        x0, y0 = (max(0, math.floor(v) - 2) for v in reached.min(axis=0))
        x1, y1 = (math.ceil(v) + 2 for v in reached.max(axis=0))
        x1, y1 = min(width, x1), min(height, y1)
        whole[:, 2] -= (x0, y0)
        drawn: Array = cv2.warpAffine(
            level,
            whole,
            (max(1, x1 - x0), max(1, y1 - y0)),
            flags=cv2.INTER_CUBIC if scale / factor > 0.7 else cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(0, 0, 0, 0),
        )
        ends = self._ends(matrix, scale, width)[x0:x1]
        if (ends < 1).any():
            drawn = (drawn * ends[None, :, None] + 0.5).astype(np.uint8)
        # What is sharpened beyond a share of light is none of it.
        drawn = cv2.min(drawn, cv2.merge([cv2.extractChannel(drawn, 3)] * 4))
        return _Placed(drawn, (x0, y0), matrix, scale, missing)

    def _ends(self, matrix: NDArray[np.float64], scale: float, width: int) -> Array:
        """By column: soft ends where the frame goes on beyond the picture's sides, 1 elsewhere."""
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
        return ramp


def _smooth(at: Array) -> Array:
    at = np.clip(at, 0, 1)
    return np.asarray(at * at * (3 - 2 * at), np.float32)


def _render(
    layers: _Layers, spec: FinishSpec, rendition: RenditionSpec, xmp: bytes
) -> RenderedFile:
    size = (rendition.width, rendition.height)
    placed = layers.placed(rendition)
    (x, y), (high, wide) = placed.at, placed.pixels.shape[:2]
    shares: Array = cv2.extractChannel(placed.pixels, 3)
    alpha: Array = np.zeros((rendition.height, rendition.width), np.float32)
    alpha[y : y + high, x : x + wide] = shares.astype(np.float32) / 255
    if rendition.backdrop == "none":
        pixels = np.zeros((rendition.height, rendition.width, 4), np.uint8)
        part = pixels[y : y + high, x : x + wide]
        least = np.maximum(shares, 1)
        colours = cv2.cvtColor(placed.pixels, cv2.COLOR_RGBA2RGB)
        own = cv2.divide(colours, cv2.merge([least] * 3), scale=255)
        part[...] = np.dstack([own, shares])
    else:
        pixels = _on(plates.paint(spec.plate, size), placed)
    if rendition.monochrome:
        pixels[..., :3] = cv2.transform(np.ascontiguousarray(pixels[..., :3]), _GREY)
    picture = Image.fromarray(pixels)
    if rendition.logo and spec.logo is not None:
        if rendition.shape == "round":
            band = _frame_width(picture, spec) if rendition.frame else 0
            logo_marks.put_into_disc(picture, spec.logo, band)
        else:
            logo_marks.put(picture, spec.logo)
    if rendition.frame:
        _put_frame(picture, spec, round_=rendition.shape == "round")
    if rendition.shape == "round":
        picture = _round(picture)
    return RenderedFile(
        spec=rendition,
        data=encode(picture, rendition, xmp),
        picture=picture,
        alpha=alpha,
        enlarged=round(placed.scale * layers.cut.enlarged, 3),
        landmarks=layers.landmarks,
        matrix=placed.matrix,
        hair_missing=round(placed.hair_missing, 4),
    )


def _on(plate: Array, placed: _Placed) -> Array:
    """A person on a plate, RGB."""
    pixels = plate.copy()
    (x, y), (high, wide) = placed.at, placed.pixels.shape[:2]
    part = pixels[y : y + high, x : x + wide]
    free = 255 - cv2.extractChannel(placed.pixels, 3)
    through = cv2.multiply(part, cv2.merge([free] * 3), scale=1 / 255)
    part[...] = cv2.add(cv2.cvtColor(placed.pixels, cv2.COLOR_RGBA2RGB), through)
    return pixels


def _frame_width(picture: Image.Image, spec: FinishSpec) -> int:
    return max(1, round(spec.frame_width * min(picture.size)))


def _put_frame(picture: Image.Image, spec: FinishSpec, *, round_: bool) -> None:
    """A band of the frame's colour along the edge, drawn four times larger."""
    band = _band(picture.size, _frame_width(picture, spec), round_=round_)
    picture.paste(plates.rgb(spec.frame_colour), (0, 0), band)


@lru_cache(maxsize=16)
def _band(size: tuple[int, int], width: int, *, round_: bool) -> Image.Image:
    """What a frame covers; a roster shares it."""
    band = Image.new("L", (size[0] * 4, size[1] * 4), 0)
    draw = ImageDraw.Draw(band)
    box = (0, 0, band.width - 1, band.height - 1)
    if round_:
        draw.ellipse(box, outline=255, width=width * 4)
    else:
        draw.rectangle(box, outline=255, width=width * 4)
    return band.resize(size, Image.Resampling.LANCZOS)


def _round(picture: Image.Image) -> Image.Image:
    out = picture.convert("RGBA")
    shares = np.asarray(out.getchannel("A"), np.float32) * _disc(picture.size) / 255
    out.putalpha(Image.fromarray(shares.astype(np.uint8)))
    return out


@lru_cache(maxsize=16)
def _disc(size: tuple[int, int]) -> Array:
    """What a round picture shows, 0..255; a roster shares it."""
    disc = Image.new("L", (size[0] * 4, size[1] * 4), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
    return np.asarray(disc.resize(size, Image.Resampling.LANCZOS), np.float32)


def encode(picture: Image.Image, rendition: RenditionSpec, xmp: bytes = b"") -> bytes:
    """The file of a rendition, with no metadata but `xmp` and the print size."""
    if picture.mode == "RGBA" and rendition.format == "jpeg":
        raise ValueError(f"{rendition.kind}: a JPEG cannot be see-through.")
    options: dict[str, object] = {"xmp": xmp} if xmp else {}
    if rendition.dpi and rendition.format == "webp":
        options["exif"] = _print_size(rendition.dpi)
    elif rendition.dpi:
        options["dpi"] = (rendition.dpi, rendition.dpi)
    if rendition.format == "jpeg":
        options |= {"quality": rendition.quality, "subsampling": 0, "optimize": True}
    elif rendition.format == "webp":
        options |= {"quality": rendition.quality, "method": 3, "exact": False}
    elif rendition.format == "png":
        # Half the time of 6, for files a tenth larger.
        options |= {"compress_level": 4}
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


def _print_size(dpi: int) -> Image.Exif:
    """For a WebP, whose container has no field for it."""
    exif = Image.Exif()
    exif[Base.XResolution] = exif[Base.YResolution] = float(dpi)
    exif[Base.ResolutionUnit] = _INCH
    return exif
