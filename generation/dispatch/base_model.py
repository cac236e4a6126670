"""Which base model this installation uses, and where it lies. Loads nothing heavy."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from headshots.lib.problems import Problem

if TYPE_CHECKING:
    from generation.engine.recipe import Recipe

EMBEDDED = Path(__file__).resolve().parents[1] / "embedded_model" / "weights"


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


def forget() -> None:
    """Read the folder anew when the recipe is next asked for."""
    _recipe.cache_clear()


def refuse_unusable() -> None:
    """Raise Problem where this host cannot work: no torch, or no usable base model. Cheap."""
    missing = [
        name
        for name in ("torch", "diffusers", "peft", "transformers")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise Problem(
            f"This host lacks {', '.join(missing)}, which a worker needs. "
            "Install the extra “worker”: pip install -c constraints.txt '.[worker]'.",
            code="worker_packages",
            status=503,
        )
    from generation.engine.errors import BaseModelError
    from generation.engine.load import check_base_model

    try:
        check_base_model(folder())
    except BaseModelError as error:
        raise Problem(
            f"BASE_MODEL={settings.BASE_MODEL}: {error}", code="base_model", status=503
        ) from error
