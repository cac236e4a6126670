"""A roster of rendered people taken through the engine: judged, trained, drawn, gated."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from django.conf import settings
from PIL import Image

from generation.embedded_model.demo_people import DemoPerson, selfie, write_people
from generation.engine import gate, photos, seats, wardrobe
from generation.engine.load import BaseModel
from generation.engine.sample import sample
from generation.engine.specs import LookSpec, SampleSpec, TrainSpec
from generation.engine.train import TrainResult, train_people
from generation.photos.counts import LEAST
from tests.benchmarks._delivered import LOOK

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

WANTED = 4


@dataclass
class Sitter:
    """A person of the roster with their accepted photos and what was made of them.

    `unseen` are descriptors [n, 128] of further selfies that neither training nor gate knows.
    """

    person: DemoPerson
    files: list[Path]
    verdicts: list[photos.PhotoVerdict]
    unseen: np.ndarray = field(default_factory=lambda: np.zeros((0, 128)))
    result: TrainResult | None = None
    images: list[Image.Image] = field(default_factory=list)
    receipts: list[gate.Receipt] = field(default_factory=list)
    without: list[gate.Receipt] = field(default_factory=list)

    @property
    def own(self) -> np.ndarray:
        return np.asarray([verdict.descriptor for verdict in self.verdicts], np.float64)

    @property
    def enough(self) -> bool:
        """Whether the product takes them: fewer accepted photos cannot be handed in."""
        return len(self.files) >= LEAST

    @property
    def began_again(self) -> bool:
        """Whether their adapter came apart in training and was begun again."""
        return self.result is not None and bool(seats.note_of(self.result.adapter).get("steady"))

    @property
    def passed(self) -> list[gate.Receipt]:
        return [receipt for receipt in self.receipts if receipt.passed]

    @property
    def delivered(self) -> int | None:
        """The index of the best passing candidate."""
        good = [i for i, receipt in enumerate(self.receipts) if receipt.passed]
        return max(good, key=lambda i: self.receipts[i].score) if good else None


def gather(folder: Path, base: BaseModel, count: int, selfies: int, seed: int) -> list[Sitter]:
    """Render the people and judge their selfies."""
    shutil.rmtree(folder, ignore_errors=True)
    sitters = []
    for person in write_people(folder, count, selfies, seed):
        sitter = Sitter(person, [], [])
        for path in person.selfies:
            with Image.open(path) as image:
                verdict = photos.judge_photo(image.convert("RGB"), base.recipe.photos)
            if verdict.ok:
                sitter.files.append(path)
                sitter.verdicts.append(verdict)
        sitters.append(sitter)
    return sitters


def take_unseen(base: BaseModel, sitters: list[Sitter], count: int, folder: Path) -> None:
    """Render `count` selfies more of everyone and measure those that the product would take."""
    rules = base.recipe.photos
    folder.mkdir(parents=True, exist_ok=True)
    for sitter in sitters:
        found = []
        first = len(sitter.person.selfies)
        for number in range(first, first + count):
            path = folder / f"{sitter.person.number}_{number + 1:02d}.jpg"
            selfie(sitter.person.identity, number).save(path, quality=90)
            with Image.open(path) as image:
                verdict = photos.judge_photo(image.convert("RGB"), rules)
            if verdict.ok and verdict.descriptor is not None:
                found.append(verdict.descriptor)
        sitter.unseen = np.asarray(found, np.float64).reshape(-1, 128)


def train(base: BaseModel, sitters: list[Sitter], folder: Path, again: bool = True) -> None:
    """Train everyone with photos enough, as many at once as the product's workers do; from the
    start, or with what `folder` has of them."""
    if again:
        shutil.rmtree(folder, ignore_errors=True)
    specs = [spec(sitter) for sitter in sitters if sitter.enough]
    folders = {one.person: folder / one.person for one in specs}
    at_once = settings.PEOPLE_AT_ONCE
    results = train_people(base, specs, folders, people_at_once=at_once)
    for sitter, result in zip([s for s in sitters if s.enough], results, strict=True):
        sitter.result = result


def spec(sitter: Sitter) -> TrainSpec:
    """What the engine is asked to train for this person, as `dispatch.worker` asks."""
    return TrainSpec(
        person=sitter.person.number,
        photos=tuple(sitter.files),
        seed=int(sitter.person.number[1:]),
        landmarks=tuple(verdict.landmarks or () for verdict in sitter.verdicts),
        descriptors=tuple(verdict.descriptor or () for verdict in sitter.verdicts),
    )


def draw(base: BaseModel, sitters: list[Sitter], candidates: int, look: LookSpec = LOOK) -> None:
    """Draw and judge `candidates` pictures of everyone trained, in mixed batches."""
    drawn = [(sitter, sitter.result.adapter) for sitter in sitters if sitter.result is not None]
    asked = [
        SampleSpec(sitter.person.number, adapter, look, 1000 + seed)
        for seed in range(candidates)
        for sitter, adapter in drawn
    ]
    images = sample(base, asked)
    for index, image in enumerate(images):
        sitter, _ = drawn[index % len(drawn)]
        sitter.images.append(image)
        sitter.receipts.append(judge(base, sitter, sitters, image, look))


def draw_without(base: BaseModel, sitters: list[Sitter], candidates: int) -> None:
    """The baseline: the same seeds without any adapter, judged for everyone."""
    asked = [SampleSpec("nobody", None, LOOK, 1000 + seed) for seed in range(candidates)]
    for image in sample(base, asked):
        for sitter in sitters:
            sitter.without.append(judge(base, sitter, sitters, image))


def judge(
    base: BaseModel,
    sitter: Sitter,
    sitters: list[Sitter],
    image: Image.Image,
    look: LookSpec = LOOK,
) -> gate.Receipt:
    """The gate's receipt for `image` as a picture of `sitter` in a look, as `dispatch.drawing` asks
    for it."""
    others = {other.person.number: other.own for other in sitters if other is not sitter}
    sharp = [verdict.sharpness for verdict in sitter.verdicts]
    return gate.judge(
        image,
        sitter.own,
        others,
        base.recipe.gate,
        ordered=wardrobe.ordered(base, look),
        appearances=[verdict.appearance or {} for verdict in sitter.verdicts],
        surroundings=[verdict.surroundings for verdict in sitter.verdicts if verdict.surroundings],
        sharpness=float(np.median(sharp)) if sharp else None,
    )


def contact_sheet(sitters: list[Sitter], path: Path, tile: int = 128, across: int = 8) -> None:
    """A row a person: two selfies, then the best candidates; green passed, red did not."""
    rows = []
    for sitter in sitters:
        order = sorted(
            range(len(sitter.images)),
            key=lambda i: (not sitter.receipts[i].passed, sitter.receipts[i].likeness_own or 9),
        )
        row = [Image.open(file).convert("RGB").resize((tile, tile)) for file in sitter.files[:2]]
        for index in order[:across]:
            passed = sitter.receipts[index].passed
            framed = Image.new("RGB", (tile, tile), (60, 160, 80) if passed else (190, 60, 50))
            inner = sitter.images[index].resize((tile - 6, tile - 6), Image.Resampling.LANCZOS)
            framed.paste(inner, (3, 3))
            row.append(framed)
        rows.append(row)
    sheet = Image.new("RGB", ((across + 2) * tile, len(rows) * tile), (255, 255, 255))
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            sheet.paste(picture, (x * tile, y * tile))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def keep(sitters: list[Sitter], path: Path) -> None:
    """Write every receipt, for whoever wants to look behind the figures."""
    record = {
        sitter.person.number: {
            "words": sitter.person.words,
            "accepted": len(sitter.files),
            "unseen": len(sitter.unseen),
            "began_again": sitter.began_again,
            "training_seconds": sitter.result.seconds if sitter.result else None,
            "receipts": [receipt.as_dict() for receipt in sitter.receipts],
        }
        for sitter in sitters
    }
    path.write_text(json.dumps(record, indent=1))
