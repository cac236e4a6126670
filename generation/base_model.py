"""Which base model this installation uses, and where it lies. Loads nothing heavy."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from generation.engine.recipe import Recipe

EMBEDDED = Path(__file__).resolve().parent / "embedded_model" / "weights"


def folder() -> Path:
    """The folder of the base model named by BASE_MODEL; “embedded” is the one in this project."""
    return EMBEDDED if settings.BASE_MODEL == "embedded" else Path(settings.BASE_MODEL)


@cache
def _recipe(path: Path) -> Recipe:
    from generation.engine.recipe import read_recipe

    return read_recipe(path)


def recipe() -> Recipe:
    """What the base model says of itself: thresholds, numbers of candidates, whether it draws
    illustrated people."""
    return _recipe(folder())
