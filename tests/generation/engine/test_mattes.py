"""Mattes before backdrops that are not plain, against the true ones."""

from __future__ import annotations

import pytest

from generation.engine.finishing import cut_out
from tests import mattes


@pytest.mark.parametrize(
    ("sitter", "backdrop", "wrong"),
    [
        # What may be off by more than half, as a share of all pixels.
        ("astronaut", "coffee", 0.012),
        ("astronaut", "kitchen", 0.015),
        ("drawn 0", "bedroom", 0.01),
        ("drawn 1", "retina", 0.01),
        ("drawn 3", "bedroom", 0.01),
        ("drawn 3", "outdoors", 0.01),
        ("drawn 5", "sunset", 0.01),
    ],
)
def test_a_person_is_lifted_off_a_busy_backdrop(sitter: str, backdrop: str, wrong: float) -> None:
    _kind, _, number = sitter.partition(" ")
    who = mattes.drawn(int(number)) if number else mattes.astronaut()
    cut = cut_out(who.before(backdrop))
    missed = mattes.miss(cut, who.alpha)
    assert missed.wrong < wrong
    assert missed.loose < 0.001
    assert "busy_backdrop" in cut.notes
