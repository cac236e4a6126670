"""The judge of photos on real photographs, not on rendered people."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from generation.engine import faces, photos
from tests import photographs


@pytest.mark.parametrize(
    ("photograph", "code"),
    [
        (photographs.portrait, "ok"),
        (photographs.astronaut, "ok"),
        (photographs.leaning, "ok"),
        (photographs.blurred, "blurred"),
        (photographs.dark, "dark"),
        (photographs.sideways, "no_face"),
        (photographs.two, "several_faces"),
        (photographs.tiny, "face_small"),
        (photographs.of_a_print, "reproduction"),
        (photographs.of_a_screen, "reproduction"),
        (photographs.before_a_window, "ok"),
    ],
)
def test_a_real_photograph_gets_the_sentence_it_deserves(
    photograph: Callable[[], Image.Image], code: str
) -> None:
    verdict = photos.judge_photo(photograph())
    assert verdict.code == code
    assert verdict.sentence == photos.SENTENCES[code]
    if code == "ok":
        assert verdict.warnings == ()
        assert verdict.score > 0.6


def test_the_same_photograph_again_is_a_duplicate_however_it_was_saved() -> None:
    first = photos.judge_photo(photographs.portrait())
    known = [first.fingerprint]
    for again in (
        photographs.portrait(500),
        photographs.portrait().point(lambda v: min(255, round(v * 1.12))),
    ):
        assert photos.judge_photo(again, known=known).code == "duplicate"
    other = photographs.otherwise(3)
    assert photos.judge_photo(other, known=known).code == "ok"


def test_prints_are_told_wherever_they_lie_and_nothing_else_is_taken_for_one() -> None:
    assert [photos.judge_photo(photographs.of_a_print(n)).code for n in range(1, 5)] == [
        "reproduction"
    ] * 4
    for n in range(8):
        assert photos.judge_photo(photographs.otherwise(n)).code == "ok"


def test_sunglasses_and_a_hat_are_warned_of_and_do_not_refuse() -> None:
    shaded = photos.judge_photo(photographs.sunglasses())
    assert shaded.ok
    assert shaded.warnings == ("sunglasses",)
    capped = photos.judge_photo(photographs.hat())
    assert capped.ok
    assert capped.warnings == ("forehead",)


def test_a_head_that_the_edge_cuts_is_warned_of_and_does_not_refuse() -> None:
    whole = photographs.portrait()
    hair = photos.judge_photo(whole.crop((0, 190, 900, 900)))
    assert hair.ok
    assert hair.warnings == ("hair_cut",)
    face = photos.judge_photo(whole.crop((310, 0, 900, 900)))
    assert face.ok
    assert "edge" in face.warnings


def test_photos_of_one_person_belong_together_and_another_does_not() -> None:
    own = [photos.judge_photo(photographs.otherwise(n)).descriptor for n in range(6)]
    assert all(own)
    assert photos.people(own) == [[0, 1, 2, 3, 4, 5]]  # type: ignore[arg-type]
    from tests.generation.engine.conftest import face

    stranger = photos.judge_photo(face(640)).descriptor
    found = photos.people([stranger, *own])  # type: ignore[list-item]
    assert found == [[1, 2, 3, 4, 5, 6], [0]]


def test_cuttings_of_one_photograph_are_one_picture() -> None:
    found = [photos.judge_photo(photographs.otherwise(n)) for n in range(6)]
    descriptors = [one.descriptor for one in found if one.descriptor]
    assert photos.different_pictures(descriptors, [one.fingerprint for one in found]) == 1


def test_a_large_photograph_is_placed_in_its_own_pixels() -> None:
    small = photos.judge_photo(photographs.portrait(1200))
    large = photos.judge_photo(photographs.portrait(3600))
    assert large.ok
    assert large.box is not None
    assert large.landmarks is not None
    assert np.allclose(np.array(large.box) / 3, small.box, atol=25)
    assert np.allclose(np.array(large.landmarks) / 3, small.landmarks, atol=8)
    assert photos.difference(large.fingerprint, small.fingerprint) <= photos.PhotoRules().duplicate


@pytest.mark.parametrize("way", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270])
def test_a_face_on_either_side_is_none(way: Image.Transpose) -> None:
    assert faces.detect(photographs.portrait().transpose(way)) == []
