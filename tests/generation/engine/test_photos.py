"""A selfie is judged as it arrives, and the reason is one a person can act on."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from generation.engine import faces, photos
from tests.generation.engine.conftest import face

GREY = Image.new("RGB", (640, 480), (128, 128, 128))


def test_judging_needs_no_torch() -> None:
    code = (
        "import sys\n"
        "from generation.engine import faces, finish, gate, photos, recipe, specs\n"
        "from generation.engine.load import check_base_model\n"
        "assert not {'torch', 'diffusers', 'django'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_good_photo_is_taken_with_all_its_measures() -> None:
    verdict = photos.judge_photo(face(640))
    assert verdict.ok
    assert verdict.code == "ok"
    assert verdict.faces == 1
    assert verdict.score > 0.5
    assert verdict.descriptor is not None
    assert len(verdict.descriptor) == 128
    left, top, right, bottom = verdict.box or (0, 0, 0, 0)
    assert left < 320 < right
    assert top < 320 < bottom
    assert verdict.as_dict()["landmarks"] == verdict.landmarks


def two() -> Image.Image:
    one = face(800, at=(0.27, 0.5), height=0.4)
    return face(at=(0.73, 0.5), height=0.4, on=one, skin=(150, 105, 80))


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (GREY, "no_face"),
        (two(), "several_faces"),
        (face(1200, height=0.1), "face_small"),
        (face(180), "ok"),
        (face(640).point(lambda v: v * 0.12), "dark"),
        (face(640).filter(ImageFilter.GaussianBlur(11)), "blurred"),
        (ImageOps.grayscale(face(640)).convert("RGB"), "colourless"),
        (face(640, skin=(92, 58, 42)), "ok"),
        (face(640, skin=(240, 205, 190)), "ok"),
    ],
    ids=["nobody", "two", "far away", "small picture", "dark", "blurred", "grey", "deep", "pale"],
)
def test_what_is_wrong_is_said(image: Image.Image, code: str) -> None:
    verdict = photos.judge_photo(image)
    assert verdict.code == code, verdict
    assert verdict.ok == (code == "ok")
    assert verdict.sentence == photos.SENTENCES[code]


def test_a_photo_sent_again_smaller_is_a_duplicate_another_is_not() -> None:
    first = photos.judge_photo(face(640))
    again = face(640).resize((500, 500)).point(lambda v: min(255, v * 1.05))
    assert photos.judge_photo(again, known=[first.fingerprint]).code == "duplicate"
    other = face(640, at=(0.42, 0.56), height=0.5, back=(200, 120, 60))
    assert photos.judge_photo(other, known=[first.fingerprint]).ok


def person(seed: int, count: int, spread: float = 0.02) -> list[tuple[float, ...]]:
    """Descriptors of one person: near each other, far from another seed's."""
    chance = np.random.default_rng(seed)
    centre = chance.normal(0, 0.07, 128)
    return [tuple(map(float, centre + chance.normal(0, spread, 128))) for _ in range(count)]


def test_photos_are_told_by_whom_they_show_whoever_is_in_most_first() -> None:
    assert photos.people([]) == []
    assert photos.people(person(1, 7)) == [[0, 1, 2, 3, 4, 5, 6]]
    assert photos.people(person(2, 1) + person(1, 4) + person(2, 1)) == [[1, 2, 3, 4], [0, 5]]
    # Of as many, whoever comes first.
    assert photos.people(person(2, 2) + person(1, 2)) == [[0, 1], [2, 3]]


def test_all_the_same_picture_is_noticed_by_face_and_by_pixels() -> None:
    marks = [photos.fingerprint(face(320, at=(0.3 + n / 20, 0.5), height=0.4)) for n in range(7)]
    assert photos.different_pictures([], []) == 0
    assert photos.different_pictures(person(1, 7), [""] * 7) == 7
    assert photos.different_pictures(person(1, 7, 0.001), marks) == 1
    # A burst: the face moves, what is behind it does not.
    assert photos.different_pictures(person(1, 7, 0.011), [marks[0]] * 7) == 1
    assert photos.different_pictures(person(1, 7, 0.011), marks) > 3
    # Somebody who sits in one place for all of them.
    assert photos.different_pictures(person(1, 7, 0.02), [marks[0]] * 7) == 7


def test_faces_of_small_pictures_are_found_in_their_own_pixels() -> None:
    found = faces.detect(face(96), 384)
    assert len(found) == 1
    left, right = found[0].eyes
    assert abs((left[0] + right[0]) / 2 - 48) < 3
    assert 0.16 * 96 < right[0] - left[0] < 0.3 * 96
    assert abs(found[0].roll) < 4
    assert found[0].turn < 0.2


def test_a_leaning_head_is_measured() -> None:
    leaning = face(640).rotate(-15, Image.Resampling.BICUBIC, fillcolor=(120, 140, 150))
    assert 9 < faces.detect(leaning)[0].roll < 21
