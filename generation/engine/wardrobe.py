"""What the base model dresses people in for a look, which candidates' clothes are compared with."""

from __future__ import annotations

from collections.abc import Callable

from generation.engine import attire, faces
from generation.engine.load import BaseModel
from generation.engine.sample import sample
from generation.engine.specs import LookSpec, SampleSpec

# Enough for each cell to be seen without hair before it.
_SEEDS = (1, 2, 3, 4)


def ordered(
    base: BaseModel, look: LookSpec, *, should_stop: Callable[[], bool] | None = None
) -> tuple[attire.Clothes, ...]:
    """The clothes of a look as the base model draws them without any adapter; once a process and
    look. Empty where no face is seen in any of its pictures. Raises as `sample.sample` does."""
    prompt = base.recipe.headshot_prompt(look)
    if prompt not in base.clothes:
        asked = [SampleSpec("nobody", None, look, seed) for seed in _SEEDS]
        found = []
        for picture in sample(base, asked, should_stop=should_stop):
            seen = faces.detect(picture, base.recipe.gate.enlarge_to)
            if seen:
                found.append(attire.measure(picture, seen[0].landmarks))
        base.clothes[prompt] = tuple(found)
    return base.clothes[prompt]
