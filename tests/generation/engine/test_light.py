"""Light that is read from a picture alone: casts laid over known pictures come off, and whoever
is darker stays darker."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image

from generation.engine import colour
from generation.engine.finishing import Cutout, ToneSpec, cut_out, light, tone
from tests import mattes

CASTS = {
    "lamp": (1.25, 1.0, 0.7),
    "shade": (0.78, 1.0, 1.3),
    "tube": (0.9, 1.12, 0.9),
    "evening": (1.12, 1.0, 0.86),
}


@cache
def cut(who: str, backdrop: str) -> Cutout:
    _kind, _, number = who.partition(" ")
    sitter = mattes.drawn(int(number)) if number else mattes.astronaut()
    return cut_out(sitter.before(backdrop))


def taken_in(known: Cutout, gains: light.Gains) -> Cutout:
    """What a person is lifted off a picture that was taken in other light."""
    seen = light.balanced(known.colour, gains)
    return replace(known, colour=seen, light=light.gains(seen, known.face))


def skin(pixels: np.ndarray, known: Cutout) -> np.ndarray:
    return colour.skin(Image.fromarray(pixels), known.face)


@pytest.mark.parametrize("cast", CASTS)
@pytest.mark.parametrize(("who", "backdrop"), [("astronaut", "office"), ("drawn 0", "outdoors")])
def test_a_cast_comes_off_and_skin_is_to_grey_as_before(who: str, backdrop: str, cast: str) -> None:
    known = cut(who, backdrop)
    odd = taken_in(known, CASTS[cast])
    mended = tone.toned(odd, ToneSpec())
    real = skin(known.colour, known)
    before, after = (
        float(np.linalg.norm(skin(pixels, known) - real)) for pixels in (odd.colour, mended)
    )
    assert after < 0.75 * before
    # One factor for each channel of light: all that is grey moves with the skin.
    assert (mended == light.balanced(odd.colour, odd.light)).all()


@pytest.mark.parametrize("cast", CASTS)
def test_a_cast_that_skin_does_not_tell_is_left_and_never_made_worse(cast: str) -> None:
    """Of dark skin a light says less."""
    for who in ("drawn 1", "drawn 3"):
        known = cut(who, "outdoors")
        odd = taken_in(known, CASTS[cast])
        real = skin(known.colour, known)
        before, after = (
            float(np.linalg.norm(skin(pixels, known) - real))
            for pixels in (odd.colour, tone.toned(odd, ToneSpec()))
        )
        assert after < before + 0.5


def test_what_was_taken_in_neutral_light_stays_as_it_is() -> None:
    for who, backdrop in (("astronaut", "office"), ("drawn 1", "office"), ("drawn 3", "outdoors")):
        known = cut(who, backdrop)
        assert known.light == light.NEUTRAL
        assert (tone.toned(known, ToneSpec()) == known.colour).all()


def test_a_picture_taken_too_dark_is_lifted_and_nobody_is_made_lighter_than_another() -> None:
    people = [cut(who, "office") for who in ("drawn 3", "drawn 1", "drawn 0", "astronaut")]
    usual = [skin(known.colour, known)[0] for known in people]
    assert usual == sorted(usual)
    mended = []
    for known, usually in zip(people, usual, strict=True):
        dim = taken_in(known, (0.3, 0.3, 0.3))
        lifted = skin(tone.toned(dim, ToneSpec()), known)[0]
        assert skin(dim.colour, known)[0] + 4 < lifted <= usually
        mended.append(lifted)
    assert mended == sorted(mended)


def test_a_known_backdrop_tells_the_light_and_skin_is_left_alone() -> None:
    known = cut("drawn 0", "studio grey")
    assert known.flat
    warm = replace(known, light=(1.2, 1.0, 0.8))
    assert (tone.toned(warm, ToneSpec(backdrop=known.behind)) == known.colour).all()
