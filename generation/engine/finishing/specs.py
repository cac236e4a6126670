"""What finishing is asked to do: plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

# Brow to chin of an average face, in distances between the eyes' centres.
FACE_HEIGHT = 2.05
# In a frame narrower than this share of its height, a face goes by the width.
_BY_WIDTH = 0.75


@dataclass(frozen=True)
class PlateSpec:
    """What is put behind everybody.

    `kind` is "colour" (the first of `colours`), "gradient" (from the first to the last, at
    `angle` degrees, 0 from top to bottom), "brand" (the first colour where the light falls, the
    others towards the corners) or "picture" (`picture`, cut to fill). `fall_off` 0..1 darkens
    the corners softly, as a lamp behind the person does. Colours are "#rrggbb".
    """

    kind: str = "colour"
    colours: tuple[str, ...] = ("#96989c",)
    angle: float = 0.0
    fall_off: float = 0.0
    picture: Path | None = None


@dataclass(frozen=True)
class ToneSpec:
    """The light that everybody is brought to; skin keeps its own tone.

    `backdrop` is the Lab colour that the flat backdrop of the pictures should have had: its cast
    is taken off clothes and hair. `clothes` is the Lab colour of the roster's clothes: each
    person's are moved towards it by `strength`, at most `reach` in Lab.
    """

    backdrop: tuple[float, float, float] | None = None
    clothes: tuple[float, float, float] | None = None
    strength: float = 0.8
    reach: float = 8.0


@dataclass(frozen=True)
class LogoSpec:
    """A logo with transparency, in a corner ("left" or "right") at the bottom.

    It fits into a square of `width`; that and `margin` are shares of the rendition's shorter side.
    """

    file: Path
    corner: str = "right"
    width: float = 0.16
    margin: float = 0.05


@dataclass(frozen=True)
class RenditionSpec:
    """One file: its pixels, its format ("jpeg", "png", "webp"), and where the face lies.

    `eye_line` and `face_height` (brow to chin) are shares of the height, `centre` of the width;
    where the frame is narrower than 3:4, a face is as wide in it as it would be in 3:4.
    `backdrop` is "plate" or "none" (see-through), `shape` "full" or "round"; both need PNG or
    WebP where they leave pixels see-through. `dpi` 0 leaves the print size out.
    """

    kind: str
    width: int
    height: int
    format: str = "jpeg"
    quality: int = 92
    eye_line: float = 0.42
    face_height: float = 0.48
    centre: float = 0.5
    dpi: int = 0
    backdrop: str = "plate"
    shape: str = "full"
    monochrome: bool = False
    logo: bool = False
    frame: bool = False

    @property
    def fills_frame(self) -> bool:
        """Whether it is in colour and fills its frame, as the wall and measures need it."""
        return self.backdrop == "plate" and self.shape == "full" and not self.monochrome

    @property
    def face_pixels(self) -> float:
        """How high the face is drawn, brow to chin."""
        return self.face_height * self.height * min(1.0, self.width / self.height / _BY_WIDTH)


@dataclass(frozen=True)
class FinishSpec:
    """All of a finish. `frame_colour` and `frame_width` (share of the side) draw the frame."""

    plate: PlateSpec
    renditions: tuple[RenditionSpec, ...]
    tone: ToneSpec = ToneSpec()
    logo: LogoSpec | None = None
    frame_colour: str = "#ffffff"
    frame_width: float = 0.03

    @property
    def main(self) -> RenditionSpec:
        """The rendition that stands for the headshot: the first that fills its frame."""
        return next((row for row in self.renditions if row.fills_frame), self.renditions[0])

    def plain_square(self, side: int) -> RenditionSpec:
        """A square of `side` pixels, cropped as the largest square of the table is, else as
        `main`, with neither logo nor frame."""
        squares = [row for row in self.renditions if row.fills_frame and row.width == row.height]
        like = max(
            squares, key=lambda row: (not (row.logo or row.frame), row.width), default=self.main
        )
        return replace(like, width=side, height=side, format="jpeg", dpi=0, logo=False, frame=False)
