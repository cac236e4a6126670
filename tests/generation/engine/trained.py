"""What tests of training ask for, and how they compare what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from generation.engine import adapters
from generation.engine.specs import TrainSpec
from tests.generation.engine.conftest import LANDMARKS

Photos = dict[str, tuple[Path, ...]]


def specs_of(photos: Photos, people: Sequence[str]) -> list[TrainSpec]:
    return [
        TrainSpec(name, photos[name], seed=ord(name[0]), landmarks=(LANDMARKS,) * 3)
        for name in people
    ]


def folders_in(root: Path, people: Sequence[str]) -> dict[str, Path]:
    return {name: root / name for name in people}


def state_of(path: Path) -> dict[str, Tensor]:
    return adapters.read(path, "unet")[0]


def assert_alike(one: dict[str, Tensor], other: dict[str, Tensor], bound: float) -> None:
    assert one.keys() == other.keys()
    for key, value in one.items():
        gap = float((value - other[key]).norm() / value.norm().clamp(min=1e-12))
        assert gap <= bound, key
