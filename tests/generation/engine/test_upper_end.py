"""Hair that the upper edge of a picture cuts ends softly and round in its files, or not in them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from generation.engine import finishing
from generation.engine.finishing import Cutout, FinishSpec, PlateSpec, RenderedFile, RenditionSpec
from tests.photographs import astronaut

LIGHT = PlateSpec("colour", ("#f6f4f0",))
PORTRAIT = RenditionSpec("portrait", 512, 640)


@cache
def cut(missing: int) -> Cutout:
    """The astronaut without so many of the upper 512 rows; her hair begins in the 15th."""
    return finishing.cut_out(astronaut().crop((90, missing, 380, 330)))


def file(found: Cutout, rendition: RenditionSpec = PORTRAIT) -> RenderedFile:
    return finishing.finish(found, FinishSpec(LIGHT, (rendition,)))[0]


def edge(found: Cutout, made: RenderedFile) -> float:
    """Where the picture's upper edge lies in a file, above the middle of the face, in its rows."""
    left, _top, right, _bottom = found.face.box
    return float((made.matrix @ ((left + right) / 2, 0, 1))[1])


@pytest.mark.parametrize("missing", [40, 55])
def test_cut_hair_ends_in_a_soft_round_shape(missing: int) -> None:
    found = cut(missing)
    made = file(found)
    rows = edge(found, made)
    assert rows > 40
    # Nothing is drawn above the edge, mirrored or not.
    assert made.alpha[: int(rows) - 20].max() < 0.01
    # Above the face it fades in, and does not begin at once.
    across = slice(176, 336)
    assert np.abs(np.diff(made.alpha[:260, across], axis=0)).max() < 0.25
    assert made.alpha[int(rows) + 50, across].min() > 0.9
    # Towards the sides it begins lower than in the middle.
    begins = (made.alpha > 0.5).argmax(axis=0)
    hair = np.nonzero((made.alpha[: int(0.42 * 640)] > 0.5).any(axis=0))[0]
    assert begins[hair[len(hair) // 20]] > begins[256] + 15
    assert begins[hair[-len(hair) // 20]] > begins[256] + 15
    # The face is as it was.
    assert made.alpha[270:420, 200:312].min() > 0.98


def test_where_the_frame_itself_cuts_hair_nothing_is_rounded_off() -> None:
    found = cut(40)
    near = RenditionSpec("near", 512, 640, face_height=0.62, eye_line=0.38)
    made = file(found, near)
    assert edge(found, made) < 0
    assert made.hair_missing == 0
    assert made.alpha[0, 200:312].min() > 0.98
    assert "hair_cut" in found.notes
    assert not {"hair_cut", "hair_missing"} & set(finishing.notes(found, [made]))


def test_a_narrow_strip_is_filled_up() -> None:
    """Her head leans, so that the frame goes on above the edge on one side alone."""
    found = cut(40)
    rows = edge(found, file(found))
    higher = RenditionSpec("higher", 512, 640, eye_line=0.42 - (rows + 4) / 640)
    made = file(found, higher)
    seen = [(made.matrix @ (x, 0, 1))[1] for x in np.nonzero(found.alpha[0] > 0.5)[0]]
    assert 3 < max(seen) < 0.012 * 640
    assert made.hair_missing == 0
    assert made.alpha[0, 200:312].min() > 0.9


def test_hair_below_the_edge_has_no_mirror_image_above_it() -> None:
    found = cut(10)
    assert "hair_cut" not in found.notes
    wide = RenditionSpec("wide", 512, 640, eye_line=0.6, face_height=0.4)
    made = file(found, wide)
    assert edge(found, made) > 50
    assert made.hair_missing == 0
    assert made.alpha[: int(edge(found, made)) - 6].max() < 0.02


@pytest.mark.parametrize(
    ("eye_line", "note"), [(0.30, None), (0.36, "hair_cut"), (0.42, "hair_missing")]
)
def test_the_notes_say_what_can_be_seen_of_it(eye_line: float, note: str | None) -> None:
    found = cut(40)
    made = file(found, RenditionSpec("one", 512, 640, eye_line=eye_line))
    noted = finishing.notes(found, [made])
    assert [each for each in noted if each.startswith("hair")] == ([note] if note else [])
    assert "small" in noted
