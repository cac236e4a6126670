"""Faces that are hard to see are found, and nothing is found where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from PIL import Image

from generation.embedded_model.demo_people import choose_people, selfie
from generation.engine import faces
from tests.generation.engine.conftest import portrait


def test_dark_skin_beside_white_hair_is_seen() -> None:
    """The fast detector alone finds one of these eight."""
    who = choose_people(20, seed=11)[13]
    for number in range(8):
        (face,) = faces.detect(selfie(who, number, 512), 512)
        left, top, right, bottom = face.box
        assert 0.4 < (left + right) / 2 / 512 < 0.6
        assert 0.4 < (top + bottom) / 2 / 512 < 0.6


@pytest.mark.parametrize("name", ["brick", "coffee", "grass", "rocket"])
def test_no_face_is_seen_where_there_is_none(name: str) -> None:
    pixels = np.asarray(getattr(skimage.data, name)())
    assert faces.detect(Image.fromarray(pixels).convert("RGB")) == []


@pytest.mark.parametrize("seed", range(12))
def test_no_face_is_seen_in_noise(seed: int) -> None:
    assert faces.detect(portrait(seed)) == []
