"""A frame that is much higher than wide has the whole face all the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generation.engine.finishing import FinishSpec, PlateSpec, RenditionSpec, finish
from generation.engine.finishing.cutting import moved
from generation.finishing.rendition_table import DEFAULT
from tests.generation.engine.test_finishing import cut

PLATE = PlateSpec("colour", ("#d0d4dc",))


@pytest.mark.parametrize("height", [640, 720], ids=["9:16", "1:2"])
def test_a_tall_file_shows_the_face_as_wide_as_one_of_three_to_four(height: int) -> None:
    usual = RenditionSpec("usual", 360, 480)
    tall = replace(usual, kind="tall", height=height)
    shown, file = finish(cut(0), FinishSpec(PLATE, (usual, tall)))
    scales = [np.hypot(*f.matrix[:, 0]) for f in (shown, file)]
    assert scales[1] == pytest.approx(scales[0], rel=1e-6)
    eyes = np.asarray(moved(file.landmarks, file.matrix))[:2]
    assert np.mean(eyes[:, 1]) == pytest.approx(0.42 * height, abs=1)
    # Both eyes, with a good part of the head beside each, and plate above the hair.
    assert 0.2 * 360 < eyes[:, 0].min() < eyes[:, 0].max() < 0.8 * 360
    assert file.alpha[: height // 20].max() == 0
    # The body goes down to the edge.
    assert file.alpha[-1, 100:260].min() == 1


@pytest.mark.parametrize("share", [0.4, 0.48, 0.8])
def test_what_a_look_begins_with_goes_by_the_height_alone(share: float) -> None:
    for row in DEFAULT:
        spec = RenditionSpec(row.kind, row.width, row.height, face_height=share)
        assert spec.face_pixels == share * row.height
