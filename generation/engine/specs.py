"""What the engine is asked to do: plain frozen data, the same on every host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LookSpec:
    """The art direction of one picture, in the words that prompts are made of."""

    attire: str
    backdrop: str
    expression: str = "slight smile"
    light: str = "soft light"
    framing: str = "head and shoulders"


@dataclass(frozen=True)
class TrainSpec:
    """One person's LoRA: which photos, and the seed that fixes all chance in it.

    `captions` (none, or one a photo) name what changes between photos: clothes, background. Without
    them they are read from the photos, where the base model's recipe says so.
    `landmarks` and `descriptors` (none, or one a photo, as in PhotoVerdict) spare the engine
    finding and measuring the faces again; in a photo whose landmarks are empty, the face is looked
    for. `steps` overrides the base model's own number.
    """

    person: str
    photos: tuple[Path, ...]
    seed: int
    noun: str | None = None
    captions: tuple[str, ...] = ()
    landmarks: tuple[tuple[tuple[float, float], ...], ...] = ()
    descriptors: tuple[tuple[float, ...], ...] = ()
    steps: int | None = None


@dataclass(frozen=True)
class SampleSpec:
    """One picture of one person. `adapter` None draws with the base model alone.

    Give every person of an order the same seeds: the same first noise makes the same
    composition, so that a roster comes out alike.
    """

    person: str
    adapter: Path | None
    look: LookSpec
    seed: int
    noun: str | None = None
    steps: int | None = None
    guidance: float | None = None


@dataclass(frozen=True)
class GateSpec:
    """Bounds of the quality gate. Likeness is a dlib distance: 0 the same, 1 far apart.

    `likeness_global` is never exceeded; a person's own bound is their leave-one-out
    distance plus `likeness_slack`, if that is lower, but not below `likeness_floor`.
    A picture must be nearer to its owner than to every colleague by `margin`, and less like every
    photo than `copy_alike` (see `copies`).
    Sizes are shares of the picture's height, angles degrees, sharpness a share of the
    person's own (see `sharpness` in photos). The last four bound what is only flagged: ΔE of
    skin, hair and clothes (see `attire`), and the measure of glasses of `appearance`.
    """

    likeness_global: float = 0.5
    likeness_slack: float = 0.06
    likeness_floor: float = 0.3
    margin: float = 0.05
    copy_alike: float = 0.85
    enlarge_to: int = 384
    face_min: float = 0.18
    face_max: float = 0.85
    roll_max: float = 15.0
    turn_max: float = 0.45
    sharpness_min: float = 0.25
    skin_drift: float = 18.0
    hair_drift: float = 14.0
    attire_drift: float = 14.0
    glasses: float = 15.0


@dataclass(frozen=True)
class AlignSpec:
    """Where the face lies in a finished picture.

    `size` is (width, height) in pixels; `eye_line` the height of the eyes, `face_height`
    brow to chin, both as shares of the picture's height.
    """

    size: tuple[int, int] = (896, 1120)
    eye_line: float = 0.42
    face_height: float = 0.36
