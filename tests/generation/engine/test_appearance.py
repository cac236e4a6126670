"""What a candidate adds to or takes from its person is flagged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from generation.embedded_model.renderer import Identity, Scene, draw
from generation.engine import appearance, colour, faces
from generation.engine.specs import GateSpec

SPEC = GateSpec()
PLAIN = replace(
    Identity.sample(10_000_502), glasses=None, covering=None, style="short", hair_colour="black"
)
NUMBERS = (41, 42, 43, 44)


def seen(who: Identity, number: int) -> tuple[Image.Image, faces.Face]:
    scene = replace(Scene.sample(number, "headshot"), yaw=0.05, pitch=0.0, light="soft light")
    picture = Image.fromarray(draw(who, scene, 256))
    return picture, faces.detect(picture)[0]


def photos(who: Identity) -> list[dict[str, list[float]]]:
    return [appearance.measure(*seen(who, number)) for number in NUMBERS]


def flags(who: Identity, drawn: Identity) -> tuple[str, ...]:
    picture, face = seen(drawn, 45)
    return appearance.drift(picture, face, photos(who), SPEC)[0]


def glasses(who: Identity) -> Identity:
    return replace(who, glasses="square", frame=(0.1, 0.1, 0.12), frame_thick=0.035)


def test_the_same_person_has_no_flag() -> None:
    assert flags(PLAIN, PLAIN) == ()
    assert flags(glasses(PLAIN), glasses(PLAIN)) == ()


def test_glasses_that_came_or_went_are_flagged() -> None:
    assert flags(glasses(PLAIN), PLAIN) == ("glasses_missing",)
    assert flags(PLAIN, glasses(PLAIN)) == ("glasses_added",)


def test_photos_with_and_without_glasses_leave_both_open() -> None:
    both = photos(PLAIN)[:2] + photos(glasses(PLAIN))[:2]
    for drawn in (PLAIN, glasses(PLAIN)):
        assert appearance.drift(*seen(drawn, 45), both, SPEC)[0] == ()


def test_hair_of_another_colour_is_flagged() -> None:
    blond = replace(PLAIN, hair_colour="blond", hair=(0.85, 0.7, 0.4))
    assert flags(PLAIN, blond) == ("hair",)


def test_photos_that_were_measured_before_there_were_these_figures() -> None:
    picture, face = seen(PLAIN, 45)
    old = [{"skin": [float(v) for v in colour.skin(picture, face)]}]
    assert appearance.drift(picture, face, old, SPEC) == ((), pytest.approx(0, abs=0.01))
    assert appearance.drift(picture, face, [], SPEC) == ((), None)
