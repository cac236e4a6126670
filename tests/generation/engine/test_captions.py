"""Captions say of a photo what is not the person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from generation.embedded_model.renderer import Identity, Scene, draw
from generation.engine import captions, colour, faces, seats
from generation.engine.load import BaseModel
from generation.engine.recipe import CropSettings
from tests.generation.engine.trained import specs_of

WHO = replace(Identity.sample(10_000_502), glasses=None, covering=None, style="short")
CROP = CropSettings()


def said(**scene: object) -> list[str]:
    usual = {"attire": "black tee", "backdrop": "studio grey", "light": "soft light", "yaw": 0.0}
    taken = Scene.sample(41, "selfie").but(**{**usual, "pitch": 0.0, "roll": 0.0, **scene})
    picture = Image.fromarray(draw(WHO, taken, 384))
    landmarks = faces.detect(picture)[0].landmarks
    square = seats.crops(picture, landmarks, CROP, 256)[0]
    return captions.read(square, landmarks, CROP).split(", ")


@pytest.mark.parametrize(
    ("attire", "word"),
    [("red tee", "red"), ("blue tee", "blue"), ("green tee", "green"), ("black tee", "black"),
     ("white tee", "white"), ("grey hoodie", "grey")],
)  # fmt: skip
def test_the_colour_of_the_clothes(attire: str, word: str) -> None:
    assert f"{word} clothes" in said(attire=attire)


def test_what_is_behind_somebody() -> None:
    assert "plain grey background" in said()
    assert "plain blue background" in said(backdrop="studio blue")
    assert "cluttered background" in said(backdrop="bookshelf")


def test_a_turned_head() -> None:
    assert "head turned to the side" not in said()
    assert "head turned to the side" in said(yaw=0.6)


def test_dim_light_whatever_the_skin() -> None:
    square = Image.new("RGB", (96, 96), (20, 18, 18))
    points = ((60.0, 40.0), (53.0, 40.0), (36.0, 40.0), (43.0, 40.0), (48.0, 52.0))
    assert captions.read(square, points, CROP).startswith("dim light")
    half = np.asarray(Image.new("RGB", (96, 96), (190, 150, 130))).copy()
    half[:, :48] //= 2
    assert captions.read(Image.fromarray(half), points, CROP).startswith("light from the side")


@pytest.mark.parametrize(
    ("rgb", "word"),
    [((250, 250, 250), "white"), ((128, 128, 128), "grey"), ((12, 12, 14), "black"),
     ((200, 30, 30), "red"), ((240, 150, 170), "pink"), ((30, 60, 160), "blue"),
     ((40, 120, 50), "green"), ((225, 205, 175), "beige"), ((110, 70, 40), "brown"),
     ((240, 220, 40), "yellow"), ((110, 50, 140), "purple")],
)  # fmt: skip
def test_colours_have_their_everyday_names(rgb: tuple[int, int, int], word: str) -> None:
    assert captions.name(colour.lab(np.asarray(rgb))) == word


def test_they_are_trained_with_where_the_base_model_knows_the_words(
    base: BaseModel, photos: dict[str, tuple[Path, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = specs_of(photos, ["ada"])[0]
    assert base.recipe.prompt.captions
    seen: list[str | None] = []
    prompt = base.prompt
    monkeypatch.setattr(base, "prompt", lambda text: seen.append(text) or prompt(text))
    own = seats.prepare(base, spec)
    assert all(text and text.endswith("background") for text in seen)
    plain = replace(base.recipe, prompt=replace(base.recipe.prompt, captions=False))
    monkeypatch.setattr(base, "recipe", plain)
    bare = seats.prepare(base, spec)
    assert seen[-1] == base.recipe.selfie_caption()
    torch.testing.assert_close(own.latents, bare.latents)
    given = seats.prepare(base, replace(spec, captions=("one", "two", "three")))
    assert not torch.equal(given.conditioning["text"], bare.conditioning["text"])
