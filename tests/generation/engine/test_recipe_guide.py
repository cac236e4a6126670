"""The guide to engine.json tells of settings that there are, as they usually are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import generation.embedded_model
from generation.engine.errors import BaseModelError
from generation.engine.recipe import LoraSettings, Recipe, read_recipe

WEIGHTS = Path(generation.embedded_model.__file__).parent / "weights"
GUIDE = Path(__file__).parents[3] / "docs" / "base-model.md"


def usual(name: str) -> Any:
    value: Any = Recipe(name="any", family="sdxl")
    for part in name.split("."):
        value = getattr(value, part)
    return value


def test_every_setting_is_one_and_usually_so() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (\S+|a sentence) \|", GUIDE.read_text(), re.M)
    assert len(rows) > 12
    for name, said in rows:
        value = usual(name)
        if said == "a sentence":
            assert " " in value
        elif isinstance(value, str):
            assert said == f"`{value}`"
        else:
            assert json.loads(said) == value, name


def test_the_example_is_taken(tmp_path: Path) -> None:
    (example,) = re.findall(r"^    (\{\n.*?\n    \})", GUIDE.read_text(), re.M | re.S)
    (tmp_path / "engine.json").write_text(example)
    recipe = read_recipe(tmp_path)
    assert (recipe.lora.rank, recipe.crop.eye_y, recipe.sample.candidates) == (8, 0.35, 12)
    assert recipe.lora.earliest_end() == 360


def test_training_can_end_early_as_it_usually_is() -> None:
    usual_lora = LoraSettings()
    assert usual_lora.judged_at() == [300, 400, 500, 600, 700, 800, 900, 1000]
    assert usual_lora.earliest_end() == 600


def test_the_embedded_model_says_that_it_trains_to_its_bound() -> None:
    lora = read_recipe(WEIGHTS).lora
    assert (lora.judged_at(), lora.earliest_end()) == ([80, 100], None)
    assert lora.patience == 0


@pytest.mark.parametrize(
    ("lora", "refused"),
    [
        ({"steps": 100, "checkpoint_every": 20, "judge_from": 0.75, "patience": 2}, "80, 100"),
        ({"steps": 1000, "checkpoint_every": 200, "judge_from": 0.5, "patience": 2}, "600, 800"),
        ({"patience": 7}, "300, 400"),
        ({"patience": 6}, ""),
        ({"steps": 100, "checkpoint_every": 20, "judge_from": 0.75, "patience": 0}, ""),
        ({"judge_images": 0, "patience": 2}, ""),
        # Nobody asked for any: the steps are simply all trained.
        ({"steps": 100}, ""),
    ],
)
def test_a_patience_that_never_ends_anything_is_refused(
    tmp_path: Path, lora: dict[str, Any], refused: str
) -> None:
    (tmp_path / "engine.json").write_text(json.dumps({"lora": lora}))
    if not refused:
        read_recipe(tmp_path)
        return
    with pytest.raises(BaseModelError, match=f"judged: {refused}.*can never end training early"):
        read_recipe(tmp_path)
