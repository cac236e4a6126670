"""The guide to engine.json tells of settings that there are, as they usually are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from generation.engine.recipe import Recipe, read_recipe

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
