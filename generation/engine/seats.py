"""One person's training under way: their pictures, their chance, their checkpoint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors import SafetensorError
from torch import Tensor

from generation.engine import adapters, captions, faces
from generation.engine.course import Course
from generation.engine.errors import EngineError, PhotoError
from generation.engine.families.interface import Conditioning, join
from generation.engine.geometry import place
from generation.engine.head import face_map, head_map
from generation.engine.load import BaseModel
from generation.engine.recipe import CropSettings, Recipe
from generation.engine.specs import TrainSpec

ADAPTER = "adapter.safetensors"
CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"
# How many crops are float tensors at once, on their way into the autoencoder.
_ENCODED_AT_ONCE = 8


@dataclass
class Data:
    """What a person is trained on: latents [n, …] and a prompt row each, and what the places of a
    picture weigh, laid out as a row of latents."""

    latents: Tensor
    conditioning: Conditioning
    weights: Tensor | None
    descriptors: np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class Seat:
    """A person in the batch. `step` counts optimiser steps done, `seconds` their share.

    `steady`: the person came apart once and has begun again, with the recipe's shorter memory.
    `apart` is how they came apart in the last step: "leap", "numbers" (that step was left out), or
    not at all. `gentle`: no face was seen in their judged drawings until these were drawn without
    bringing them out (see `guidance`); so are their pictures then.
    """

    spec: TrainSpec
    folder: Path
    digest: str
    steps: int
    step: int = 0
    seconds: float = 0.0
    history: list[tuple[int, float]] = field(default_factory=list)
    course: Course = field(default_factory=Course)
    steady: bool = False
    apart: str = ""
    gentle: bool = False
    slot: str = ""
    data: Data | None = None
    optimizer: torch.optim.AdamW | None = None
    state: dict[str, dict[str, Tensor]] | None = None

    @property
    def best(self) -> tuple[int, float] | None:
        """The step and the value of the best judgement so far."""
        return min(self.history, key=lambda pair: pair[1], default=None)

    def chance(self, batch: int, shape: torch.Size, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """This step's picture indices [batch], noise levels [batch] and noise.

        Drawn from the seed and the step alone, so that a resumed run, another worker and
        other neighbours see the same. Noise levels are stratified over the batch.
        """
        seed = hashlib.sha256(f"{self.spec.seed}:{self.step}".encode()).digest()
        chance = torch.Generator("cpu").manual_seed(int.from_bytes(seed[:7], "big"))
        repeats = -(-batch // count)
        order = torch.cat([torch.randperm(count, generator=chance) for _ in range(repeats)])
        moments = (torch.arange(batch) + torch.rand(batch, generator=chance)) / batch
        noise = torch.randn((batch, *shape), generator=chance)
        return order[:batch], moments, noise

    def rate(self, recipe: Recipe) -> float:
        """The learning rate of this step."""
        settings = recipe.lora
        warm = min(1.0, (self.step + 1) / max(1, settings.warmup))
        if settings.schedule == "constant":
            return settings.learning_rate * warm
        return (
            settings.learning_rate
            * warm
            * 0.5
            * (1 + float(np.cos(np.pi * self.step / self.steps)))
        )


def open_seat(base: BaseModel, spec: TrainSpec, folder: Path) -> Seat:
    """A seat for `spec`, from its checkpoint in `folder` if there is a fitting one."""
    if not spec.photos:
        raise PhotoError(spec.person, "There are no photos to train on.")
    folder.mkdir(parents=True, exist_ok=True)
    steps = spec.steps or base.recipe.lora.steps
    seat = Seat(spec, folder, _digest(base.recipe, spec), steps)
    path = folder / CHECKPOINT
    if path.exists():
        try:
            state, note = {g: adapters.read(path, g)[0] for g in ("lora", "m", "v")}, note_of(path)
        except EngineError:
            return seat
        if note.get("digest") == seat.digest and _numbers(state):
            seat.state = state
            seat.step = int(note["step"])
            seat.seconds = float(note["seconds"])
            seat.history = [(int(step), float(value)) for step, value in note["history"]]
            seat.course = Course.of(note.get("course", {}))
            seat.steady = bool(note.get("steady"))
            seat.gentle = bool(note.get("gentle"))
    return seat


def _numbers(state: Mapping[str, Mapping[str, Tensor]]) -> bool:
    """Whether all of a checkpoint is numbers; what is not would be learnt on from."""
    return all(bool(w.isfinite().all()) for group in state.values() for w in group.values())


def note_of(path: Path) -> dict[str, Any]:
    """The note of an adapter file; empty if there is no such file or it is damaged."""
    try:
        return adapters.read(path, "")[1] if path.exists() else {}
    except EngineError:
        return {}


def write(
    seat: Seat, name: str, groups: Mapping[str, Mapping[str, Tensor]], note: Mapping[str, Any]
) -> bool:
    """Write a file of the person's, as `adapters.write` does. Returns whether it was written.

    Whose folder is gone has withdrawn, perhaps this moment: nothing of them is written, and
    nobody beside them is stopped.
    """
    try:
        if seat.folder.is_dir():
            adapters.write(seat.folder / name, groups, note)
            return True
    except (OSError, SafetensorError):
        if seat.folder.is_dir():
            raise
    return False


def save(seat: Seat, slots: adapters.Slots) -> bool:
    """Write the seat's checkpoint: adapter, optimiser, how far it came. Returns whether it was
    written; see `write`."""
    groups: dict[str, Mapping[str, Tensor]] = {"lora": slots.take(seat.slot)}
    assert seat.optimizer is not None
    for group, key in (("m", "exp_avg"), ("v", "exp_avg_sq")):
        groups[group] = {
            name: seat.optimizer.state[weight][key].detach().float().cpu().clone()
            for name, weight in slots.weights(seat.slot).items()
            if weight in seat.optimizer.state
        }
    note = {
        "digest": seat.digest,
        "step": seat.step,
        "seconds": seat.seconds,
        "history": seat.history,
        "course": seat.course.as_dict(),
        "steady": seat.steady,
        "gentle": seat.gentle,
    }
    return write(seat, CHECKPOINT, groups, note)


def sit(seat: Seat, slots: adapters.Slots, recipe: Recipe, slot: str) -> None:
    """Put the person's weights and optimiser into `slot`, fresh or from the checkpoint."""
    seat.slot = slot
    if seat.state is None:
        slots.reset(slot, seat.spec.seed)
    else:
        slots.put(slot, seat.state["lora"])
    weights = slots.weights(slot)
    settings = recipe.lora
    beta2 = (settings.steady_beta2 if seat.steady else 0.0) or settings.beta2
    seat.optimizer = torch.optim.AdamW(
        weights.values(),
        lr=settings.learning_rate,
        betas=(0.9, beta2),
        weight_decay=settings.weight_decay,
        fused=True,
    )
    if seat.state is not None:
        for name, weight in weights.items():
            if name in seat.state["m"]:
                seat.optimizer.state[weight] = {
                    "step": torch.tensor(float(seat.step)).to(weight.device),
                    "exp_avg": seat.state["m"][name].to(weight.device),
                    "exp_avg_sq": seat.state["v"][name].to(weight.device),
                }
    seat.state = None


def begin_again(seat: Seat, slots: adapters.Slots, recipe: Recipe) -> None:
    """Start the person over in their slot, steadier, and forget the first run's files."""
    for name in (CHECKPOINT, BEST):
        (seat.folder / name).unlink(missing_ok=True)
    seat.step, seat.history, seat.state, seat.steady = 0, [], None, True
    seat.course, seat.apart, seat.gentle = Course(), "", False
    sit(seat, slots, recipe, seat.slot)


def prepare(base: BaseModel, spec: TrainSpec) -> Data:
    """Cut and encode the person's photos, once. Raises PhotoError if none can be used."""
    recipe = base.recipe
    # One photo after the other: thirty of a phone's would fill a gigabyte side by side.
    found = [photo for n in range(len(spec.photos)) if (photo := _photo(spec, n, recipe))]
    if not found:
        raise PhotoError(spec.person, "No face was found in any of the photos.")
    held = min(recipe.lora.hold_out, max(0, len(found) - 3))
    training = found[: len(found) - held]
    latents, rows = [], []
    for photo in training:
        rows += [base.prompt(recipe.selfie_caption(photo.caption, spec.noun))] * len(photo.crops)
    cut = [crop for photo in training for crop in photo.crops]
    for first in range(0, len(cut), _ENCODED_AT_ONCE):
        stack = np.stack([np.asarray(crop) for crop in cut[first : first + _ENCODED_AT_ONCE]])
        pixels = torch.from_numpy(stack).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents.append(base.family.encode_images(pixels))
    judges = found[-held:] if held else training
    measured = [photo.descriptor for photo in judges if photo.descriptor is not None]
    weights = focus(recipe.crop, base.family.grid)
    return Data(
        latents=torch.cat(latents),
        conditioning=join(rows),
        weights=None if weights is None else base.family.laid_out(weights),
        descriptors=np.asarray(measured, np.float64).reshape(-1, 128),
    )


@dataclass(frozen=True)
class _Photo:
    """What is kept of a photo: what it is trained as, and who is judged by it."""

    crops: list[Image.Image]
    caption: str
    descriptor: faces.Descriptor | None


def _photo(spec: TrainSpec, number: int, recipe: Recipe) -> _Photo | None:
    """Read and cut one of the person's photos; None if there is no face in it."""
    path, enlarge_to = spec.photos[number], recipe.photos.enlarge_to
    try:
        with Image.open(path) as file:
            image = ImageOps.exif_transpose(file).convert("RGB")
    except OSError as error:
        raise PhotoError(spec.person, f"The photo {path.name} cannot be read.", path) from error
    points = spec.landmarks[number] if spec.landmarks else ()
    judges = recipe.lora.judge_images > 0
    seen = None
    if not points or (judges and not spec.descriptors):
        seen = next(iter(faces.detect(image, enlarge_to)), None)
    if not points:
        if seen is None:
            return None
        points = seen.landmarks
    descriptor = None
    if judges and spec.descriptors:
        descriptor = np.asarray(spec.descriptors[number], np.float64)
    elif judges and seen is not None:
        descriptor = faces.describe(image, seen, enlarge_to)
    cut = crops(image, points, recipe.crop, recipe.resolution)
    caption = ""
    if spec.captions:
        caption = spec.captions[number]
    elif recipe.prompt.captions:
        caption = captions.read(cut[0], points, recipe.crop)
    return _Photo(cut, caption, descriptor)


def crops(
    image: Image.Image, landmarks: faces.Points, crop: CropSettings, side: int
) -> list[Image.Image]:
    """The squares of `side` pixels that a photo is trained as."""
    eyes = (crop.eye_x * side, crop.eye_y * side)
    cut = [
        place(image, landmarks, (side, side), eyes, crop.eye_distance * zoom * side)
        for zoom in crop.zooms
    ]
    return cut + [ImageOps.mirror(picture) for picture in cut] if crop.flip else cut


def focus(crop: CropSettings, size: Sequence[int]) -> Tensor | None:
    """Weights [1, 1, h, w] of mean 1 that favour head and face; None for an even loss."""
    if crop.focus >= 1 and crop.face <= 0:
        return None
    where = size[0], size[1]
    weights = crop.focus + (1 - crop.focus) * head_map(crop, where)
    weights = weights + crop.face * face_map(crop, where)
    return (weights / weights.mean())[None, None]


def _digest(recipe: Recipe, spec: TrainSpec) -> str:
    """Changes with anything that changes the adapter, but not with where photos lie."""
    digest = hashlib.sha256()
    # How many people share a batch changes nothing about any of them.
    lora = {key: value for key, value in asdict(recipe.lora).items() if key != "people"}
    settings = {
        "base": recipe.fingerprint,
        "lora": lora,
        "crop": asdict(recipe.crop),
        "prompt": recipe.prompt.selfie,
        "seed": spec.seed,
        "noun": spec.noun,
        "captions": spec.captions or (("read",) if recipe.prompt.captions else ()),
        "steps": spec.steps,
    }
    digest.update(json.dumps(settings, sort_keys=True).encode())
    for photo in spec.photos:
        try:
            digest.update(hashlib.sha256(photo.read_bytes()).digest())
        except OSError as error:
            raise PhotoError(
                spec.person, f"The photo {photo.name} cannot be read.", photo
            ) from error
    return digest.hexdigest()
