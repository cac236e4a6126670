"""A matting network by file path: what it is given, what it must give, and what else happens."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.engine.errors import EngineError
from generation.engine.finishing.network import network
from generation.finishing import renditions
from generation.models import Finishing, State
from generation.storage import vault
from headshots.checks import settings_agree
from tests.browser.queue import drain
from tests.generation.onnx_files import by_colour
from tests.generation.sitters import headshot_of, sit
from tests.world import World

BOX = (100, 100, 200, 200)


def written(folder: Path, data: bytes, name: str = "matting.onnx") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def halves() -> np.ndarray:
    """Left half red, right half blue, above a darker red, 320 × 480."""
    picture = np.zeros((480, 320, 3), np.uint8)
    picture[:, :160, 0] = 200
    picture[:, 160:, 2] = 200
    picture[:240, :160, 0] = 100
    return picture


@pytest.mark.parametrize("size", [("height", "width"), (256, 192)], ids=["free", "fixed"])
def test_it_sees_rgb_from_minus_one_to_one_and_its_shares_are_the_matte(
    tmp_path: Path, size: tuple[int | str, ...]
) -> None:
    # Sure of what is redder than half, by red alone: the third channel is blue, and 127.5 is 0.
    found = network(written(tmp_path, by_colour((40, 0, 0), size=size)))(halves(), BOX)
    assert found.shape == (480, 320)
    assert found[260:, :150].min() > 0.98
    assert found[:, 170:].max() < 0.02
    assert found[:220, :150].max() < 0.02


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"no network", "cannot be used"),
        (by_colour((1, 0, 0), planes=2), "one plane of shares"),
    ],
    ids=["no ONNX", "two planes"],
)
def test_another_kind_of_file_is_refused_in_a_sentence(
    tmp_path: Path, data: bytes, says: str
) -> None:
    with pytest.raises(EngineError, match=says):
        network(written(tmp_path, data))(halves(), BOX)


def test_it_makes_the_mattes_of_delivered_headshots(world: World, settings, tmp_path: Path) -> None:
    # 95 % the person everywhere: the picture's own backdrop stays, where else the plate would be.
    settings.MATTING_MODEL = str(written(tmp_path, by_colour((0, 0, 0), bias=3), "nearly.onnx"))
    shoot = sit(world, 0)
    drain()
    headshot = headshot_of(shoot)
    assert headshot.finishing is not None
    file = renditions.of(headshot)["portrait"]
    with Image.open(io.BytesIO(vault().read(file.file))) as finished:
        kept = np.asarray(finished.convert("RGB"), float)[8, 8]
    with Image.open(io.BytesIO(vault().read(headshot.candidate.file))) as before:
        own = np.asarray(before.convert("RGB"), float)[8:60, 8:60].mean(axis=(0, 1))
    assert np.abs(kept - own).max() < 20
    for told, bias in (("nobody", -20), ("everything", 20)):
        network_file = written(tmp_path, by_colour((0, 0, 0), bias=bias), f"{told}.onnx")
        settings.MATTING_MODEL = str(network_file)
        Finishing.objects.update(state=Finishing.State.WAITING)
        again = renditions.render(finishing_id=headshot.finishing_id)
        assert again is not None
        assert again.state == Finishing.State.FAILED, told
        assert "could not be told from the backdrop" in again.sentence


def test_one_that_cannot_be_used_fails_with_a_sentence_and_never_finishes_otherwise(
    world: World, settings, tmp_path: Path
) -> None:
    settings.MATTING_MODEL = str(written(tmp_path, b"no network", "broken.onnx"))
    shoot = sit(world, 0, State.APPROVING)
    drain()
    finishing = headshot_of(shoot).finishings.get()
    assert finishing.state == Finishing.State.FAILED
    assert "not in the picture" in finishing.sentence
    assert str(tmp_path) not in finishing.sentence


def test_what_is_missing_is_an_error_at_start(settings, tmp_path: Path, monkeypatch) -> None:
    def told() -> list[str]:
        return [found.id for found in settings_agree() if found.id.startswith("headshots.E04")]

    settings.MATTING_MODEL = str(tmp_path / "away.onnx")
    assert told() == ["headshots.E040"]
    settings.MATTING_MODEL = str(written(tmp_path, by_colour((1, 1, 1))))
    assert told() == []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert told() == ["headshots.E041"]
