"""Clothes are told from others, whoever wears them, and what lies over them is forgiven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from generation.embedded_model.renderer import Identity, Scene, draw
from generation.engine import attire, faces, gate
from generation.engine.specs import GateSpec

SPEC = GateSpec()
BARE = replace(Identity.sample(10_000_502), covering=None, style="short", glasses=None, beard=None)
OTHER = replace(Identity.sample(10_000_511), covering=None, style="short", glasses=None)


def seen(who: Identity, clothes: str, number: int = 41) -> tuple[Image.Image, faces.Face]:
    scene = Scene.sample(number, "headshot").but(
        attire=clothes, backdrop="studio grey", light="soft light", yaw=0.05, pitch=0.0
    )
    picture = Image.fromarray(draw(who, scene, 256))
    return picture, faces.detect(picture)[0]


def worn(who: Identity, clothes: str, number: int = 41) -> attire.Clothes:
    picture, face = seen(who, clothes, number)
    return attire.measure(picture, face.landmarks)


def ordered(clothes: str) -> list[attire.Clothes]:
    return [worn(OTHER, clothes, number) for number in (42, 43, 44)]


@pytest.mark.parametrize("clothes", ["navy suit", "white shirt", "green sweater"])
def test_the_ordered_clothes_are_known_on_another_person(clothes: str) -> None:
    assert attire.apart(worn(BARE, clothes), ordered(clothes)) < SPEC.attire_drift


@pytest.mark.parametrize(
    ("clothes", "drawn"),
    [("navy suit", "white shirt"), ("white shirt", "green sweater"), ("green sweater", "red tee")],
)
def test_other_clothes_are_further_away(clothes: str, drawn: str) -> None:
    assert attire.apart(worn(BARE, drawn), ordered(clothes)) > SPEC.attire_drift


def test_hair_over_one_shoulder_is_forgiven() -> None:
    clothes = worn(BARE, "navy suit")
    clothes[:3] = (20.0, 8.0, 12.0)
    assert attire.apart(clothes, ordered("navy suit")) < SPEC.attire_drift


def _receipt(clothes: str, like: Sequence[attire.Clothes]) -> gate.Receipt:
    picture, face = seen(BARE, clothes)
    who = faces.describe(picture, face)
    chance = np.random.default_rng(0).normal(0, 1, (6, 128))
    own = who + 0.35 * chance / np.linalg.norm(chance, axis=1, keepdims=True)
    return gate.judge(picture, own, {}, SPEC, ordered=like)


def test_other_clothes_are_flagged_and_come_last_but_do_not_fail() -> None:
    right = _receipt("navy suit", ordered("navy suit"))
    wrong = _receipt("white shirt", ordered("navy suit"))
    assert right.passed
    assert wrong.passed
    assert (right.flags, wrong.flags) == ((), ("attire",))
    assert right.attire_delta is not None
    assert wrong.attire_delta is not None
    assert right.attire_delta < SPEC.attire_drift < wrong.attire_delta
    assert wrong.score < right.score - 0.3


def test_without_ordered_clothes_nothing_is_compared() -> None:
    receipt = _receipt("white shirt", ())
    assert (receipt.flags, receipt.attire_delta) == ((), None)
