"""A logo where nothing is behind: its own colour, its own share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from generation.engine.finishing import FinishSpec, LogoSpec, PlateSpec, RenditionSpec, finish
from tests.generation.engine.test_finishing import cut

PLATE = PlateSpec("colour", ("#d0d4dc",))


def shown(tmp_path: Path, rendition: RenditionSpec) -> np.ndarray:
    """The pixels of a file with a white logo that lets some through."""
    Image.new("RGBA", (80, 40), (255, 255, 255, 160)).save(tmp_path / "logo.png")
    spec = FinishSpec(PLATE, (rendition,), logo=LogoSpec(tmp_path / "logo.png"))
    return np.asarray(finish(cut(0), spec)[0].picture)


def test_a_soft_logo_over_nothing_stays_white_and_as_thick(tmp_path: Path) -> None:
    # Wide, so that nobody is in the corners.
    none = RenditionSpec("none", 900, 300, "png", backdrop="none", logo=True)
    pixels = shown(tmp_path, none)
    y, x = 300 - 15 - 12, 900 - 15 - 24
    assert tuple(pixels[y, x]) == (255, 255, 255, 160)
    behind = RenditionSpec("plate", 900, 300, "png", logo=True)
    before = shown(tmp_path, RenditionSpec("plate", 900, 300, "png"))[y, x].astype(int)
    # On a plate it is mixed with that, as ever.
    mixed = (255 * 160 + before * 95) / 255
    assert np.abs(shown(tmp_path, behind)[y, x] - mixed).max() <= 1


def test_a_soft_logo_in_a_see_through_disc_stays_white(tmp_path: Path) -> None:
    disc = RenditionSpec(
        "disc", 400, 400, "png", backdrop="none", shape="round", face_height=0.1, logo=True
    )
    without = shown(tmp_path, RenditionSpec(**{**vars(disc), "logo": False}))
    pixels = shown(tmp_path, disc)
    free = (pixels != without).any(axis=-1) & (without[..., 3] == 0)
    assert free.any()
    assert (pixels[free] == (255, 255, 255, 160)).all()
