"""The whole way on the embedded base model: an adapter makes pictures look like its person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

import generation.embedded_model
from generation.embedded_model.demo_people import write_people
from generation.engine import attire, faces, finish, gate, photos, seats, wardrobe
from generation.engine.load import base_model
from generation.engine.sample import sample
from generation.engine.specs import SampleSpec, TrainSpec
from generation.engine.train import train_people
from generation.photos.together import LEAST_DIFFERENT
from tests.generation.engine.conftest import LOOK

WEIGHTS = Path(generation.embedded_model.__file__).parent / "weights"


@pytest.fixture
def one_thread() -> object:
    """Two threads on a busy machine wait for each other most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_an_adapter_brings_pictures_nearer_to_its_person(tmp_path: Path) -> None:
    person = write_people(tmp_path / "people", count=1, selfies=5)[0]
    base = base_model(WEIGHTS, "cpu")
    verdicts = []
    for path in person.selfies:
        with Image.open(path) as image:
            verdicts.append(photos.judge_photo(image.convert("RGB"), base.recipe.photos))
    assert all(verdict.ok for verdict in verdicts)
    own = np.array([verdict.descriptor for verdict in verdicts])
    assert len(photos.people(own.tolist(), base.recipe.photos)) == 1
    marks = [verdict.fingerprint for verdict in verdicts]
    different = photos.different_pictures(own.tolist(), marks, base.recipe.photos)
    assert different >= LEAST_DIFFERENT

    spec = TrainSpec(
        person="ada",
        photos=person.selfies,
        seed=1,
        landmarks=tuple(verdict.landmarks or () for verdict in verdicts),
        steps=24,
    )
    result = train_people(base, [spec], {"ada": tmp_path / "ada"})[0]
    asked = [
        SampleSpec("ada", adapter, LOOK, seed, steps=8)
        for adapter in (None, result.adapter)
        for seed in (1, 2, 3)
    ]
    images = sample(base, asked)
    seen = [verdict.surroundings for verdict in verdicts]
    receipts = [gate.judge(image, own, {}, base.recipe.gate, surroundings=seen) for image in images]
    assert not any("copy" in receipt.reasons for receipt in receipts)
    assert all(receipt.faces == 1 for receipt in receipts)
    far = [r.likeness_own for r in receipts[:3] if r.likeness_own is not None]
    near = [r.likeness_own for r in receipts[3:] if r.likeness_own is not None]
    assert np.mean(near) < np.mean(far) - 0.04

    finished = finish.align(images[3], receipts[3].landmarks or ())
    assert len(faces.detect(finished)) == 1


@pytest.mark.usefixtures("one_thread")
def test_a_photo_that_is_drawn_again_is_refused_as_a_copy(tmp_path: Path) -> None:
    person = write_people(tmp_path, count=1, selfies=3)[0]
    base = base_model(WEIGHTS, "cpu")
    rules, side = base.recipe.photos, base.recipe.resolution
    opened = [Image.open(path).convert("RGB") for path in person.selfies]
    verdicts = [photos.judge_photo(image, rules) for image in opened]
    own = np.array([verdict.descriptor for verdict in verdicts])
    seen = [verdict.surroundings for verdict in verdicts]
    vae = base.family.pipe.vae
    for image, verdict in zip(opened, verdicts, strict=True):
        cut = seats.crops(image, verdict.landmarks or (), base.recipe.crop, side)[0]
        values = torch.from_numpy(np.array(cut)).permute(2, 0, 1)[None].float() / 127.5 - 1
        with torch.no_grad():
            again = vae.decode(vae.encode(values).latent_dist.mode()).sample[0]
        pixels = ((again.permute(1, 2, 0).clamp(-1, 1) + 1) * 127.5).round().byte().numpy()
        learnt = Image.fromarray(pixels)
        for drawn in (learnt, ImageOps.mirror(learnt), learnt.point(lambda v: int(0.85 * v))):
            receipt = gate.judge(drawn, own, {}, base.recipe.gate, surroundings=seen)
            assert "copy" in receipt.reasons, receipt
            assert "repeats one of the person's photos" in receipt.sentence


@pytest.mark.usefixtures("one_thread")
def test_a_look_s_clothes_are_those_the_base_model_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    base = base_model(WEIGHTS, "cpu")
    navy, green = (replace(LOOK, attire=name) for name in ("navy suit", "green sweater"))
    ordered = {look: wardrobe.ordered(base, look) for look in (navy, green)}
    monkeypatch.setattr(wardrobe, "sample", None)
    assert wardrobe.ordered(base, navy) is ordered[navy]
    for look, other in ((navy, green), (green, navy)):
        drawn = ordered[look][0]
        assert attire.apart(drawn, ordered[look][1:]) < base.recipe.gate.attire_drift
        assert attire.apart(drawn, ordered[other]) > base.recipe.gate.attire_drift
