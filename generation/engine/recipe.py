"""What a base model folder says about itself: `engine.json`, or defaults for its family.

Model-specific numbers live with the weights, not in code, so that a production checkpoint
and the embedded model run through the same engine.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from generation.engine.errors import BaseModelError
from generation.engine.specs import GateSpec, LookSpec

FILE = "engine.json"


@dataclass(frozen=True)
class CropSettings:
    """How photos are cut for training, as shares of the square's side.

    The middle between the eyes lies at (`eye_x`, `eye_y`), the eyes `eye_distance` apart.
    `zooms` are factors on that distance: one crop a photo for each; `jitter` is how far the
    base model's own training moved its crops. `flip` adds mirrored crops, which doubles the
    data but forgets which side a parting or a mole is on. `focus` below 1 is how much the
    loss outside the head counts, so that the adapter learns the person, not the clothes;
    `face` is how much more than hair the face counts, so that who has dark skin and bright
    hair is learnt by the face too.
    """

    eye_x: float = 0.5
    eye_y: float = 0.42
    eye_distance: float = 0.17
    zooms: tuple[float, ...] = (1.0, 1.5)
    flip: bool = False
    jitter: float = 0.0
    focus: float = 1.0
    face: float = 0.0


@dataclass(frozen=True)
class LoraSettings:
    """How an adapter is trained. `targets` are suffixes of module names in the denoiser.

    `steps` optimiser steps of `batch` pictures; `warmup` of them raise the rate linearly,
    then it follows `schedule` ("cosine" or "constant"). AdamW averages squared gradients
    by `beta2`: a lower one bears a higher rate. `people` train at once at most. A
    checkpoint is written every `checkpoint_every` steps. `hold_out` photos judge
    checkpoints from `judge_from` (share of steps) on, each time with `judge_images`
    drawings (0: never); training stops after `patience` judgements in which none was better than
    the best before (0: never), so more than `patience` judgements have to come before the last
    step (see `earliest_end`). Usually the steps from 300 on are judged, every 100, and a person
    whose drawings have not come nearer for 300 is done: after 600 of the 1000 at the earliest.
    A person whose mean loss (over 64 pictures, after the warm-up) leaps to more than `leap`
    times its lowest (0: not looked at), or in whose first judged drawings no face is seen,
    has come apart and begins again, once, with `steady_beta2` (0: never). So does, in any
    case, whose loss or gradient is no number.
    """

    rank: int = 16
    alpha: int = 16
    targets: tuple[str, ...] = ("to_q", "to_k", "to_v", "to_out.0")
    learning_rate: float = 1e-4
    beta2: float = 0.999
    steady_beta2: float = 0.0
    leap: float = 2.5
    weight_decay: float = 1e-2
    clip: float = 1.0
    steps: int = 1000
    batch: int = 1
    warmup: int = 20
    schedule: str = "cosine"
    snr_gamma: float = 5.0
    people: int = 8
    checkpoint_every: int = 100
    hold_out: int = 2
    judge_images: int = 2
    judge_from: float = 0.3
    patience: int = 3

    def judged_at(self) -> list[int]:
        """After which steps checkpoints are judged, if nobody ends early."""
        if not self.judge_images:
            return []
        every = range(self.checkpoint_every, self.steps, self.checkpoint_every)
        return [step for step in (*every, self.steps) if step >= self.judge_from * self.steps]

    def earliest_end(self) -> int | None:
        """The step after which training can end early at the soonest; None where it never can."""
        steps = self.judged_at()
        if not 0 < self.patience < len(steps) - 1:
            return None
        return steps[self.patience]


@dataclass(frozen=True)
class SampleSettings:
    """How pictures are drawn: denoising steps, guidance, how many at once.

    `candidates` pictures a person in each of at most `rounds` rounds; later rounds use
    `more_steps` times the steps. From `person_from` (share of the steps) on, the head is led
    away from the base model without the adapter by `person_guidance`, whose values take turns by
    the picture's seed, as some faces bear less than others; none: never, nor for whom training
    saw a face only without it. That needs a base model
    that puts heads where `CropSettings` says. What lies away from the head comes from the base
    model then for a share of `person_apart`: 0 leaves clothes and backdrop to the adapter, 1
    draws them as for anybody. See `guidance`.
    """

    steps: int = 30
    guidance: float = 5.0
    rescale: float = 0.0
    batch: int = 8
    candidates: int = 8
    rounds: int = 3
    more_steps: float = 1.5
    person_guidance: tuple[float, ...] = ()
    person_from: float = 0.25
    person_apart: float = 0.0


@dataclass(frozen=True)
class PhotoRules:
    """What a selfie must be. Pixels are of the photo itself, brightness 0..255."""

    enlarge_to: int = 512
    face_min_pixels: int = 64
    face_min_share: float = 0.12
    sharpness_min: float = 12.0
    dark: float = 45.0
    bright: float = 235.0
    turn_max: float = 0.75
    roll_max: float = 40.0
    colour_min: float = 2.5
    duplicate: float = 0.1
    same_person: float = 0.6
    same_picture: float = 0.13
    same_background: float = 0.45
    same_moment: float = 0.2


@dataclass(frozen=True)
class PromptSettings:
    """Templates. `negative` None guides against an empty prompt. `captions`: whether training
    captions also say what of a photo is not the person (see `captions`); for base models that know
    everyday words."""

    headshot: str = (
        "professional corporate headshot photo of {token} {noun}, {expression}, wearing a "
        "{attire}, {backdrop} background, {light}, {framing}, sharp focus, looking at camera"
    )
    selfie: str = "photo of {token} {noun}"
    captions: bool = True
    negative: str | None = "blurry, deformed, cartoon, painting, extra people, text, watermark"


@dataclass(frozen=True)
class Recipe:
    """All the engine knows about a base model before it opens the weights.

    `fingerprint` changes with the weights: adapters of one fingerprint fit no other base.
    """

    name: str
    family: str
    illustrated: bool = False
    resolution: int = 1024
    token: str = "ohwx"  # noqa: S105 - the word that stands for the person
    class_noun: str = "person"
    fingerprint: str = ""
    crop: CropSettings = field(default_factory=CropSettings)
    lora: LoraSettings = field(default_factory=LoraSettings)
    sample: SampleSettings = field(default_factory=SampleSettings)
    gate: GateSpec = field(default_factory=GateSpec)
    photos: PhotoRules = field(default_factory=PhotoRules)
    prompt: PromptSettings = field(default_factory=PromptSettings)

    def headshot_prompt(self, look: LookSpec, noun: str | None = None) -> str:
        """The prompt of a headshot in `look`; it is the same for everyone with that noun."""
        return self.prompt.headshot.format(
            token=self.token,
            noun=noun or self.class_noun,
            attire=look.attire,
            backdrop=look.backdrop,
            expression=look.expression,
            light=look.light,
            framing=look.framing,
        )

    def selfie_caption(self, nuisances: str = "", noun: str | None = None) -> str:
        """The training caption of a selfie; `nuisances` names what is not the person."""
        caption = self.prompt.selfie.format(token=self.token, noun=noun or self.class_noun)
        return f"{caption}, {nuisances}" if nuisances else caption


def read_recipe(folder: str | Path) -> Recipe:
    """The recipe of the base model in `folder`.

    Raises BaseModelError if engine.json cannot be read, holds an unknown key or a value of
    the wrong kind.
    """
    folder = Path(folder)
    path = folder / FILE
    data: dict[str, Any] = {}
    if path.exists():
        try:
            data = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BaseModelError(f"{path} is not readable JSON: {error}.") from error
        if not isinstance(data, dict):
            raise BaseModelError(f"{path} must hold one JSON object.")
    data.setdefault("name", folder.name)
    data.setdefault("family", "sdxl")
    data["fingerprint"] = fingerprint(folder)
    recipe = _build(Recipe, data, path, "")
    _refuse_senseless(recipe, path)
    if "patience" in data.get("lora", {}):
        _refuse_idle_patience(recipe.lora, path)
    return recipe


# Numbers with which nothing can be trained or drawn: least and most of each.
_RANGES: dict[str, tuple[float, float]] = {
    "resolution": (32, 4096),
    "crop.eye_x": (0, 1),
    "crop.eye_y": (0, 1),
    "crop.eye_distance": (0.02, 0.9),
    "crop.jitter": (0, 0.5),
    "crop.focus": (0, 1),
    "crop.face": (0, 100),
    "lora.rank": (1, 1024),
    "lora.alpha": (1, 4096),
    "lora.learning_rate": (1e-8, 1),
    "lora.beta2": (0.5, 0.999999),
    "lora.steady_beta2": (0.0, 0.999999),
    "lora.clip": (1e-6, 1e6),
    "lora.steps": (1, 1_000_000),
    "lora.batch": (1, 1024),
    "lora.warmup": (0, 1_000_000),
    "lora.people": (1, 1024),
    "lora.checkpoint_every": (1, 1_000_000),
    "lora.hold_out": (0, 100),
    "lora.judge_images": (0, 256),
    "lora.judge_from": (0, 1),
    "lora.leap": (0, 1000),
    "lora.patience": (0, 1_000_000),
    "sample.steps": (1, 1000),
    "sample.guidance": (0, 100),
    "sample.rescale": (0, 1),
    "sample.batch": (1, 1024),
    "sample.candidates": (1, 1024),
    "sample.rounds": (1, 100),
    "sample.more_steps": (1, 10),
    "sample.person_from": (0, 1),
    "sample.person_apart": (0, 1),
}


def _refuse_senseless(recipe: Recipe, path: Path) -> None:
    """Raise for numbers out of range and templates with a word that nothing fills."""
    for where, (least, most) in _RANGES.items():
        part, _, name = where.rpartition(".")
        value = getattr(getattr(recipe, part) if part else recipe, name)
        if not least <= value <= most:
            raise BaseModelError(
                f"{path}: “{where}” is {value!r}; it has to lie between {least} and {most}."
            )
    if not recipe.crop.zooms or not all(0.1 <= zoom <= 10 for zoom in recipe.crop.zooms):
        raise BaseModelError(
            f"{path}: “crop.zooms” is {list(recipe.crop.zooms)!r}; it has to name one factor or "
            "more, each between 0.1 and 10."
        )
    if not recipe.lora.targets:
        raise BaseModelError(f"{path}: “lora.targets” names no layer to train.")
    if 0 < recipe.lora.leap < 1.2:
        raise BaseModelError(
            f"{path}: “lora.leap” is {recipe.lora.leap!r}; every loss rises by so much at times. "
            "It has to be 1.2 or more, or 0."
        )
    if recipe.lora.schedule not in ("cosine", "constant"):
        raise BaseModelError(f"{path}: “lora.schedule” has to be “cosine” or “constant”.")
    try:
        recipe.headshot_prompt(LookSpec("suit", "grey"))
        recipe.selfie_caption()
    except (KeyError, IndexError, ValueError) as error:
        raise BaseModelError(
            f"{path}: a template under “prompt” has a placeholder that nothing fills: {error}."
        ) from error


def _refuse_idle_patience(lora: LoraSettings, path: Path) -> None:
    """Raise for a patience that was asked for and never ends anything."""
    if not lora.judge_images or not lora.patience or lora.earliest_end() is not None:
        return
    steps = ", ".join(map(str, lora.judged_at()))
    raise BaseModelError(
        f"{path}: “lora.patience” is {lora.patience}, but of {lora.steps} steps only these are "
        f"judged: {steps}. So it can never end training early. Judge from earlier on or more often "
        "(“lora.judge_from”, “lora.checkpoint_every”), or set it to 0."
    )


def fingerprint(folder: Path) -> str:
    """16 hex digits over the name, size, head and tail of each weights file."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        digest.update(f"{path.relative_to(folder).as_posix()}:{path.stat().st_size}:".encode())
        with path.open("rb") as file:
            digest.update(file.read(1 << 16))
            file.seek(max(0, path.stat().st_size - (1 << 16)))
            digest.update(file.read())
    return digest.hexdigest()[:16]


T = TypeVar("T")


def _build(cls: type[T], data: Mapping[str, Any], path: Path, where: str) -> T:
    """`cls` from JSON data; nested dataclasses, tuples and simple kinds are checked."""
    assert dataclasses.is_dataclass(cls)
    known = {f.name: f for f in dataclasses.fields(cls)}
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in known:
            raise BaseModelError(f"{path}: “{where}{key}” is not a setting the engine knows.")
        values[key] = _value(str(known[key].type), value, path, f"{where}{key}")
    return cls(**values)


_NESTED: dict[str, type[Any]] = {
    "CropSettings": CropSettings,
    "LoraSettings": LoraSettings,
    "SampleSettings": SampleSettings,
    "GateSpec": GateSpec,
    "PhotoRules": PhotoRules,
    "PromptSettings": PromptSettings,
}


def _value(kind: str, value: Any, path: Path, where: str) -> Any:
    wrong = BaseModelError(f"{path}: “{where}” has the value {value!r}, which cannot be used.")
    if kind in _NESTED:
        if not isinstance(value, dict):
            raise wrong
        return _build(_NESTED[kind], value, path, f"{where}.")
    if kind.startswith("tuple"):
        item: type | tuple[type, ...] = (int, float) if "float" in kind else str
        if not isinstance(value, list) or not all(isinstance(v, item) for v in value):
            raise wrong
        return tuple(value)
    if kind == "str | None" and value is None:
        return None
    fits = {
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, int | float) and not isinstance(value, bool),
    }.get(kind, isinstance(value, str))
    if not fits:
        raise wrong
    return float(value) if kind == "float" else value
