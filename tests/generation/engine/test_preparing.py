"""Photos become what a person is trained on: one after the other, those with a face."""

from __future__ import annotations

import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from generation.engine import seats
from generation.engine.load import BaseModel
from generation.engine.recipe import CropSettings
from generation.engine.specs import TrainSpec
from tests.generation.engine.conftest import LANDMARKS, portrait
from tests.generation.engine.trained import Photos, specs_of


def test_a_photo_is_let_go_before_the_next_is_read(
    base: BaseModel, photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = seats.crops
    read: list[weakref.ref[Image.Image]] = []

    def watched(image: Image.Image, *given: Any) -> list[Image.Image]:
        assert [before() for before in read] == [None] * len(read)
        read.append(weakref.ref(image))
        return crops(image, *given)

    monkeypatch.setattr(seats, "crops", watched)
    data = seats.prepare(base, specs_of(photos, ["ada"])[0])
    assert (len(read), len(data.latents)) == (3, 3)


def test_a_face_is_looked_for_only_where_nobody_noted_it(
    base: BaseModel, photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = specs_of(photos, ["ada"])[0]
    captioned = replace(spec, captions=("one", "two", "three"), descriptors=((0.0,) * 128,) * 3)
    whole = seats.prepare(base, captioned)
    looked: list[Image.Image] = []
    monkeypatch.setattr(seats.faces, "detect", lambda image, _: looked.append(image) or [])
    noted = (spec.landmarks[0], (), spec.landmarks[2])
    left = seats.prepare(base, replace(captioned, landmarks=noted))
    assert len(looked) == 1
    # The second photo shows nobody; the others keep their captions.
    torch.testing.assert_close(left.latents, whole.latents[[0, 2]])
    torch.testing.assert_close(left.conditioning["text"], whole.conditioning["text"][[0, 2]])


@pytest.mark.parametrize("described", [True, False], ids=["descriptors given", "measured"])
def test_selfies_kept_back_judge_and_are_not_learnt(
    base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, described: bool
) -> None:
    paths = []
    for number in range(6):
        paths.append(tmp_path / f"{number}.png")
        portrait(number).save(paths[-1])
    own = np.random.default_rng(0).normal(size=(6, 128))
    spec = TrainSpec("ada", tuple(paths), seed=1, landmarks=(LANDMARKS,) * 6)
    lora = replace(base.recipe.lora, hold_out=2)
    monkeypatch.setattr(base, "recipe", replace(base.recipe, lora=lora))
    if described:
        spec = replace(spec, descriptors=tuple(tuple(row) for row in own.tolist()))
    else:
        monkeypatch.setattr(seats.faces, "detect", lambda *_: ["a face"])
        measured = iter(own)
        monkeypatch.setattr(seats.faces, "describe", lambda *_: next(measured))
    data = seats.prepare(base, spec)
    np.testing.assert_array_equal(data.descriptors, own[4:])
    alone = [
        seats.prepare(
            base, replace(spec, photos=(path,), landmarks=(LANDMARKS,), descriptors=((0.0,) * 128,))
        ).latents
        for path in paths
    ]
    assert len(data.latents) == len(data.conditioning["text"]) == 4
    torch.testing.assert_close(data.latents, torch.cat(alone[:4]))
    for kept_back in alone[4:]:
        assert all((row - kept_back[0]).abs().max() > 0.1 for row in data.latents)
    # Three are learnt from in any case, and then all of them judge.
    few = replace(spec, photos=spec.photos[:3], landmarks=(LANDMARKS,) * 3)
    few = replace(few, descriptors=tuple(tuple(row) for row in own[:3].tolist()))
    data = seats.prepare(base, few)
    assert len(data.latents) == 3
    np.testing.assert_array_equal(data.descriptors, own[:3])


def test_the_face_counts_most_and_what_is_around_the_head_least() -> None:
    crop = CropSettings(eye_x=0.5, eye_y=0.4, eye_distance=0.2, focus=0.25, face=3.0)
    weights = seats.focus(crop, torch.Size((50, 50)))
    assert weights is not None
    eye, mouth, hair, corner = (
        float(weights[0, 0, y, x]) for y, x in ((20, 20), (30, 25), (5, 25), (49, 0))
    )
    assert float(weights.mean()) == pytest.approx(1)
    assert eye / corner == pytest.approx(16, rel=0.1)
    assert mouth / eye == pytest.approx(1, rel=0.1)
    assert 2.5 < hair / corner < 4.5
    assert seats.focus(replace(crop, face=0.0, focus=1.0), torch.Size((50, 50))) is None
