"""Another family of base models is one more class: training and drawing know nothing of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.engine import adapters, load, seats, train
from generation.engine.errors import BaseModelError
from generation.engine.families import FAMILIES
from generation.engine.sample import sample
from generation.engine.specs import SampleSpec
from tests.generation.engine import packed_family
from tests.generation.engine.conftest import LOOK
from tests.generation.engine.trained import Photos, assert_alike, folders_in, specs_of


@pytest.fixture
def folder(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(FAMILIES, "packed", packed_family.FILES)  # type: ignore[arg-type]
    folder = Path(shutil.copytree(tiny, tmp_path / "packed"))
    path = folder / "engine.json"
    recipe = json.loads(path.read_text())
    recipe |= {"family": "packed"}
    recipe["crop"] |= {"focus": 0.2, "face": 2.0}
    recipe["sample"] |= {"person_guidance": [3.0], "person_from": 0.3, "person_apart": 1.0}
    path.write_text(json.dumps(recipe))
    return folder


@pytest.fixture
def packed(folder: Path) -> Iterator[load.BaseModel]:
    yield load.base_model(folder, "cpu")
    load.unload()


def test_people_are_trained_and_drawn_with_it(
    packed: load.BaseModel, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = ("ada", "bo")
    specs = [replace(spec, descriptors=((0.0,) * 128,) * 3) for spec in specs_of(photos, people)]
    data = seats.prepare(packed, specs[0])
    assert data.latents.shape == (3, 64, 16)
    assert data.weights is not None
    assert data.weights.shape == (1, 64, 1)
    assert float(data.weights.mean()) == pytest.approx(1)
    judged: list[tuple[int, int]] = []
    monkeypatch.setattr(train.faces, "detect", lambda picture, _: judged.append(picture.size) or [])
    together = train.train_people(packed, specs, folders_in(tmp_path / "both", people))
    assert set(judged) == {(32, 32)}
    alone = train.train_people(packed, specs[:1], {"ada": tmp_path / "alone"})[0]
    state, _ = adapters.read(together[0].adapter, "transformer")
    assert_alike(adapters.read(alone.adapter, "transformer")[0], state, 1e-3)
    assert any("to_q" in key for key in state)

    asked = [SampleSpec(one.person, one.adapter, LOOK, 4) for one in together]
    asked.append(SampleSpec("nobody", None, LOOK, 4))
    pictures = [np.asarray(picture, np.int16) for picture in sample(packed, asked)]
    for index, spec in enumerate(asked):
        single = np.asarray(sample(packed, [spec])[0], np.int16)
        assert np.abs(single - pictures[index]).max() <= 1
    assert np.abs(pictures[0] - pictures[1]).mean() > 0.5
    assert np.abs(pictures[0] - pictures[2]).mean() > 0.5
    # Who they are is brought out on their tokens, too.
    how = replace(packed.recipe.sample, person_guidance=())
    monkeypatch.setattr(packed, "recipe", replace(packed.recipe, sample=how))
    plain = [np.asarray(picture, np.int16) for picture in sample(packed, asked)]
    assert np.abs(plain[0] - pictures[0]).mean() > 0.5
    assert np.abs(plain[2] - pictures[2]).max() <= 1


def test_it_learns(packed: load.BaseModel, photos: Photos) -> None:
    """Its own loss falls, and an adapter of SDXL does not fit it."""
    run, sitting = train._Run(packed), []
    seat = seats.open_seat(packed, specs_of(photos, ["ada"])[0], photos["ada"][0].parent)
    seat.steps = 40
    run.seat(seat, sitting)
    assert seat.data is not None
    noise = torch.randn((3, 64, 16), generator=torch.Generator().manual_seed(0))

    def loss() -> float:
        with torch.no_grad(), packed.slots.rows([seat.slot] * 3):
            return float(
                packed.family.losses(
                    seat.data.latents,  # type: ignore[union-attr]
                    seat.data.conditioning,  # type: ignore[union-attr]
                    noise,
                    torch.tensor([0.2, 0.5, 0.8]),
                ).mean()
            )

    before = loss()
    for _ in range(25):
        run.step(sitting)
    assert loss() < 0.9 * before


def test_its_folder_is_checked_by_its_own_rules(folder: Path) -> None:
    path = folder / "engine.json"
    recipe = json.loads(path.read_text())
    path.write_text(json.dumps(recipe | {"resolution": 36}))
    assert load.check_base_model(folder).resolution == 36
    path.write_text(json.dumps(recipe | {"resolution": 34}))
    with pytest.raises(BaseModelError, match="multiples of 4"):
        load.check_base_model(folder)
