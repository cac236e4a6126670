"""The gate lets through pictures that are provably their owner, and says why not otherwise."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageFilter

from generation.engine import faces, gate, photos
from generation.engine.specs import GateSpec
from tests.generation.engine.conftest import face

SPEC = GateSpec(likeness_global=0.5, margin=0.05)


def around(image: Image.Image, distance: float, count: int = 6, seed: int = 0) -> np.ndarray:
    """Photos' descriptors, each `distance` from the face in `image`."""
    who = faces.describe(image, faces.detect(image)[0])
    chance = np.random.default_rng(seed).normal(0, 1, (count, 128))
    return who + distance * chance / np.linalg.norm(chance, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return face(320)


def test_the_owner_passes_with_a_receipt_of_all_figures(picture: Image.Image) -> None:
    colleagues = {"bo": around(picture, 0.6), "cy": around(picture, 0.7)}
    receipt = gate.judge(picture, around(picture, 0.35), colleagues, SPEC)
    assert receipt.passed
    assert receipt.reasons == ()
    assert receipt.likeness_own == pytest.approx(0.35, abs=1e-3)
    assert receipt.best_colleague == "bo"
    assert receipt.likeness_best_colleague == pytest.approx(0.6, abs=1e-3)
    assert json.loads(json.dumps(receipt.as_dict()))["faces"] == 1


@pytest.mark.parametrize(
    ("own", "colleague", "reasons"),
    [
        (0.55, 0.9, ("unlike",)),
        (0.40, 0.43, ("colleague",)),
        (0.55, 0.50, ("unlike", "colleague")),
    ],
)
def test_likeness_decides(
    picture: Image.Image, own: float, colleague: float, reasons: tuple[str, ...]
) -> None:
    receipt = gate.judge(picture, around(picture, own), {"bo": around(picture, colleague)}, SPEC)
    assert not receipt.passed
    assert receipt.reasons == reasons
    assert receipt.sentence


def test_an_order_of_one_has_no_colleague(picture: Image.Image) -> None:
    receipt = gate.judge(picture, around(picture, 0.35), {}, SPEC)
    assert receipt.passed
    assert receipt.likeness_best_colleague is None


def test_the_nearest_of_many_is_whom_a_look_at_each_would_find() -> None:
    chance = np.random.default_rng(3)
    who = chance.normal(0, 0.05, 128)
    people = {f"p{n}": chance.normal(0, 0.05, (n % 9, 128)) for n in range(60)}
    colleagues = gate.Colleagues(people)
    means = {name: faces.distances(who, rows).mean() for name, rows in people.items() if len(rows)}
    first, second = sorted(means, key=lambda name: means[name])[:2]
    for left_out, nearest in (("nobody", first), (second, first), (first, second)):
        assert colleagues.but(left_out).nearest(who) == (
            nearest,
            pytest.approx(means[nearest], abs=1e-9),
        )
    assert gate.Colleagues({"bo": people["p1"]}).but("bo").nearest(who) is None
    assert gate.Colleagues({}).nearest(who) is None


def test_a_persons_own_bound_is_tight_for_even_photos_and_never_loose() -> None:
    chance = np.random.default_rng(0)

    def spread(width: float) -> np.ndarray:
        return chance.normal(0, width, (8, 128)) / np.sqrt(2 * 128)

    even, mixed, wild = (gate.own_threshold(spread(w), SPEC) for w in (0.05, 0.4, 2.0))
    assert even == SPEC.likeness_floor
    assert mixed == pytest.approx(0.4 + SPEC.likeness_slack, abs=0.05)
    assert wild == SPEC.likeness_global
    assert gate.own_threshold(spread(0.05)[:2], SPEC) == SPEC.likeness_global


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (Image.new("RGB", (320, 320), (90, 120, 140)), "no_face"),
        (
            face(at=(0.73, 0.5), height=0.4, on=face(640, at=(0.27, 0.5), height=0.4)),
            "several_faces",
        ),
        (face(640, height=0.2), "size"),
        (face(320).rotate(20, Image.Resampling.BICUBIC, fillcolor=(120, 140, 150)), "pose"),
        (face(640).filter(ImageFilter.GaussianBlur(11)), "blurred"),
    ],
    ids=["empty", "two faces", "far", "leaning", "blurred"],
)
def test_a_bad_picture_fails_however_alike(image: Image.Image, reason: str) -> None:
    found = faces.detect(image)
    own = around(image, 0.3) if found else np.zeros((6, 128))
    sharp = photos.sharpness(face(640), faces.detect(face(640))[0])
    receipt = gate.judge(image, own, {}, SPEC, sharpness=sharp)
    assert reason in receipt.reasons
    assert not receipt.passed


def test_skin_drift_is_flagged_but_does_not_fail(picture: Image.Image) -> None:
    same = photos.judge_photo(picture).appearance
    other = photos.judge_photo(face(320, skin=(110, 72, 55))).appearance
    assert same is not None
    assert other is not None
    own = around(picture, 0.35)
    assert gate.judge(picture, own, {}, SPEC, appearances=[same]).flags == ()
    drifted = gate.judge(picture, own, {}, SPEC, appearances=[other])
    assert "skin_tone" in drifted.flags
    assert drifted.passed
