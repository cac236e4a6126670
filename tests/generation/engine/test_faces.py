"""Faces that are hard to see are found, and nothing is found where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from PIL import Image

from generation.embedded_model.demo_people import choose_people, selfie
from generation.engine import faces
from tests import photographs
from tests.generation.engine.conftest import portrait


def test_dark_skin_beside_white_hair_is_seen() -> None:
    """The fast detector alone finds one of these eight."""
    who = choose_people(20, seed=11)[13]
    for number in range(8):
        (face,) = faces.detect(selfie(who, number, 512), 512)
        left, top, right, bottom = face.box
        assert 0.4 < (left + right) / 2 / 512 < 0.6
        assert 0.4 < (top + bottom) / 2 / 512 < 0.6


@pytest.mark.parametrize(("person", "number"), [(16, 4), (18, 2), (18, 3)])
def test_a_pattern_that_looks_like_a_lying_face_hides_no_upright_one(
    person: int, number: int
) -> None:
    """The fast detector sees nothing upright in these, and something when they are turned."""
    (face,) = faces.detect(selfie(choose_people(20, seed=13)[person], number), 512)
    assert abs(face.roll) < 15
    assert 0.3 < (face.box[0] + face.box[2]) / 2 / 448 < 0.7


TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)


@pytest.mark.parametrize("way", TURNS)
@pytest.mark.parametrize("number", [0, 1, 7])
def test_a_real_face_that_lies_is_none_though_it_is_seen_as_well_as_upright(
    number: int, way: Image.Transpose
) -> None:
    photo = photographs.otherwise(number).resize((500, 500))
    assert len(faces.detect(photo, 512)) == 1
    assert faces.detect(photo.transpose(way), 512) == []


@pytest.mark.parametrize("way", TURNS)
@pytest.mark.parametrize("person", [0, 2, 5])
def test_a_rendered_face_that_lies_is_none(person: int, way: Image.Transpose) -> None:
    photo = selfie(choose_people(8, seed=7)[person], 0)
    assert len(faces.detect(photo, 512)) == 1
    assert faces.detect(photo.transpose(way), 512) == []


def test_ordinary_photos_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    thoroughly = faces._thoroughly

    def counted(pixels: np.ndarray) -> list[tuple[object, float]]:
        looks.append(pixels.shape)
        return thoroughly(pixels)

    monkeypatch.setattr(faces, "_thoroughly", counted)
    faces.detect(photographs.portrait(500))
    assert looks == []
    who = choose_people(20, seed=11)[13]
    faces.detect(selfie(who, 2, 512), 512)
    assert len(looks) == 1


@pytest.mark.parametrize("name", ["brick", "coffee", "grass", "rocket"])
def test_no_face_is_seen_where_there_is_none(name: str) -> None:
    pixels = np.asarray(getattr(skimage.data, name)())
    assert faces.detect(Image.fromarray(pixels).convert("RGB")) == []


@pytest.mark.parametrize("seed", range(12))
def test_no_face_is_seen_in_noise(seed: int) -> None:
    assert faces.detect(portrait(seed)) == []
