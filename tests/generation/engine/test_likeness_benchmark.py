"""The likeness benchmark counts whom the product would take, and by photos that it never saw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.embedded_model.demo_people import DemoPerson
from generation.embedded_model.renderer import Identity
from generation.engine import gate, photos
from generation.engine.recipe import Recipe
from generation.photos.counts import LEAST
from tests.benchmarks import _roster, likeness
from tests.benchmarks._roster import WANTED, Sitter

# People's faces, 0.71 apart; a photo of one lies 0.35 away from it.
FACES = 0.5 * np.eye(128)


def photos_of(number: int, count: int, seed: int) -> np.ndarray:
    beside = np.random.default_rng(seed).normal(0, 1, (count, 128))
    return FACES[number] + 0.35 * beside / np.linalg.norm(beside, axis=1, keepdims=True)


def sitter(number: int, accepted: int = LEAST, drawn: int | None = None) -> Sitter:
    """Somebody whose every picture passed the gate and shows the face of `drawn` (else theirs)."""
    picture = Image.new("RGB", (8, 8), (number if drawn is None else drawn, 0, 0))
    files = [Path(f"{number}-{n}.jpg") for n in range(8)]
    person = DemoPerson(
        f"E{number:03d}", "Ada", "a@b.ch", "", (), Identity.sample(number), tuple(files)
    )
    own = photos_of(number, accepted, seed=number)
    verdicts = [photos.PhotoVerdict(True, "ok", "", descriptor=tuple(row)) for row in own]
    receipt = gate.Receipt(True, (), score=1.0, likeness_own=0.3, likeness_best_colleague=0.6)
    return Sitter(
        person,
        files[:accepted],
        verdicts,
        photos_of(number, 4, seed=100 + number),
        images=[picture] * WANTED,
        receipts=[receipt] * WANTED,
    )


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces are read off the pictures' red."""
    monkeypatch.setattr(likeness.faces, "detect", lambda *_: ["a face"])
    monkeypatch.setattr(
        likeness.faces, "describe", lambda picture, *_: FACES[picture.getpixel((0, 0))[0]]
    )


def test_who_could_not_hand_in_is_not_served() -> None:
    served, few = sitter(0), sitter(1, accepted=LEAST - 1)
    assert likeness.served([served]) == 1.0
    assert likeness.served([served, few]) == 0.5
    assert likeness.accepted([served, few]) == "5.5 of 8 selfies accepted, too few of 1 people"


def test_the_nearest_is_found_by_photos_that_the_gate_never_saw() -> None:
    honest = [sitter(n) for n in range(3)]
    figures = {f.name: f for f in likeness.likeness(honest, WANTED)}
    assert figures["delivered nearest to owner"].value == pytest.approx(100)
    assert figures["distance to owner, delivered"].value == pytest.approx(0.35, abs=0.01)
    assert figures["others are further by"].value == pytest.approx(0.44, abs=0.03)

    # All receipts say nearest to the owner; of one, it is a colleague's face.
    figures = {f.name: f for f in likeness.likeness([*honest, sitter(3, drawn=0)], WANTED)}
    nearest = figures["delivered nearest to owner"]
    assert (nearest.value, nearest.ok) == (pytest.approx(75), False)


def test_nothing_measured_reaches_no_bound() -> None:
    alone = sitter(0)
    alone.unseen = np.zeros((0, 128))
    figures = {f.name: f for f in likeness.likeness([alone], WANTED)}
    for name in (
        "delivered nearest to owner",
        "distance to owner, delivered",
        "others are further by",
    ):
        assert figures[name].ok is False


def test_a_band_that_fails_more_often_is_seen_in_each_of_its_figures() -> None:
    people = [sitter(n) for n in range(12)]
    nouns = {one.person.identity.noun for one in people}
    assert len(nouns) > 1
    wrong = next(one for one in people if one.person.identity.noun == min(nouns))
    # Passed by the gate, and somebody else's face; half of the candidates did not pass.
    other = next(one for one in people if one is not wrong)
    wrong.images = other.images
    wrong.receipts = [*wrong.receipts, *[gate.Receipt(False, ("unlike",))] * WANTED]
    figures = {f.name: f for f in likeness.fairness(people)}
    band = f"gender presentation: {min(nouns)}"
    assert figures[band].ok is True
    assert figures[f"{band}, delivered nearest to owner"].ok is False
    rest = f"gender presentation: {max(nouns)}"
    assert figures[f"{rest}, delivered nearest to owner"].ok is True
    assert figures[f"{band}, candidates that pass"].value < 100
    owner = "distance to owner, delivered"
    assert figures[f"{band}, {owner}"].value > figures[f"{rest}, {owner}"].value
    wrong.receipts = wrong.receipts[: WANTED - 1]
    assert {f.name: f for f in likeness.fairness(people)}[band].ok is False


def test_pictures_are_judged_as_the_product_judges_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the looks and the sharpness of the person's own photos, and by the ordered clothes."""
    ada, bo = sitter(0), sitter(1)
    looks: list[dict[str, list[float]]] = [{"skin": [float(n)]} for n in range(LEAST)]
    ada.verdicts = [
        replace(verdict, appearance=appearance, sharpness=10.0 * number, surroundings=f"{number}")
        for number, (verdict, appearance) in enumerate(zip(ada.verdicts, looks, strict=True))
    ]
    asked: dict[str, Any] = {}

    def judge(_image: Image.Image, own: np.ndarray, others: Any, *_: Any, **more: Any) -> Any:
        asked.update(more, own=own, others=others)
        return ada.receipts[0]

    monkeypatch.setattr(_roster.gate, "judge", judge)
    monkeypatch.setattr(_roster.wardrobe, "ordered", lambda *_: ("clothes",))
    base = SimpleNamespace(recipe=Recipe("any", "sdxl"))
    _roster.judge(base, ada, [ada, bo], ada.images[0])  # type: ignore[arg-type]
    assert asked["appearances"] == looks
    assert asked["surroundings"] == [f"{n}" for n in range(LEAST)]
    assert asked["sharpness"] == float(np.median([10.0 * n for n in range(LEAST)]))
    assert asked["ordered"] == ("clothes",)
    assert list(asked["others"]) == [bo.person.number]
    np.testing.assert_array_equal(asked["own"], ada.own)
