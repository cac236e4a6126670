"""Draw pictures of several people in one batch, each with their own adapter."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from PIL import Image

from generation.engine import seats
from generation.engine.errors import EngineError, Stopped
from generation.engine.families.interface import join
from generation.engine.guidance import towards_person
from generation.engine.load import BaseModel
from generation.engine.memory import out_of_memory, release
from generation.engine.mixed import BASE
from generation.engine.specs import SampleSpec

log = logging.getLogger(__name__)


def sample(
    base: BaseModel,
    specs: Sequence[SampleSpec],
    *,
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Image.Image]:
    """One picture a spec, in their order; see `draw`. Raises EngineError where one of them is no
    picture."""
    pictures: dict[int, Image.Image] = {}
    for index, picture in draw(base, specs, should_stop=should_stop):
        if picture is None:
            raise EngineError(
                f"The adapter of {specs[index].person} draws values that are not numbers; train "
                "the person again."
            )
        pictures[index] = picture
        if on_progress is not None:
            on_progress(len(pictures), len(specs))
    return [pictures[index] for index in range(len(specs))]


def draw(
    base: BaseModel,
    specs: Sequence[SampleSpec],
    *,
    should_stop: Callable[[], bool] | None = None,
    dropped: Callable[[str], bool] | None = None,
) -> Iterator[tuple[int, Image.Image | None]]:
    """(index of a spec, its picture at the base model's resolution), batch by batch as they are
    drawn; None for a picture whose adapter led to values that are not numbers.

    A picture depends on its own spec alone, not on its neighbours in the batch. Nothing is drawn
    of whom `dropped(person)` names before their batch. Out of memory halves the batch. Raises
    Stopped if `should_stop` says so between two denoising steps, EngineError if an adapter does
    not fit the base, is gone, one picture is too much, or the base model itself draws no numbers.
    """
    settings = base.recipe.sample
    groups: dict[tuple[int, float], list[int]] = defaultdict(list)
    for index, spec in enumerate(specs):
        guidance = settings.guidance if spec.guidance is None else spec.guidance
        groups[(spec.steps or settings.steps, guidance)].append(index)

    def watch() -> None:
        if should_stop is not None and should_stop():
            raise Stopped

    at_once = max(1, settings.batch)
    # Rows of one person beside each other: their layers run as one, and few slots change.
    seen = {spec.adapter: place for place, spec in reversed(list(enumerate(specs)))}
    for (steps, guidance), group in groups.items():
        waiting = sorted(group, key=lambda index: seen[specs[index].adapter])
        while waiting:
            watch()
            if dropped is not None:
                waiting = [index for index in waiting if not dropped(specs[index].person)]
            batch = waiting[:at_once]
            if not batch:
                break
            chosen = [specs[index] for index in batch]
            try:
                drawn = _batch(base, chosen, steps, guidance, watch)
                if _base_fails(base, chosen, drawn, steps, guidance, watch):
                    raise EngineError(
                        "The base model drew values that are not numbers. Its VAE may need float32."
                    )
            except Exception as error:
                if not out_of_memory(error):
                    raise
                if len(batch) == 1:
                    raise EngineError(
                        "This device has too little memory to draw a single picture."
                    ) from error
                at_once = len(batch) // 2
                log.warning("out of memory: drawing %d pictures at once from now on", at_once)
                release()
                continue
            yield from zip(batch, drawn, strict=True)
            waiting = waiting[len(batch) :]


def _batch(
    base: BaseModel,
    specs: Sequence[SampleSpec],
    steps: int,
    guidance: float,
    watch: Callable[[], None],
) -> list[Image.Image | None]:
    recipe = base.recipe
    adapters = list(dict.fromkeys(spec.adapter for spec in specs if spec.adapter is not None))
    base.slots.grow(len(adapters))
    base.slots.require_grad(())
    for slot, adapter in zip(base.slots.names, adapters, strict=False):
        base.slots.seat(adapter, slot)
    slot_of = dict(zip(adapters, base.slots.names, strict=False))
    names = [BASE if spec.adapter is None else slot_of[spec.adapter] for spec in specs]
    prompts = join([base.prompt(recipe.headshot_prompt(spec.look, spec.noun)) for spec in specs])
    seeds = [spec.seed for spec in specs]
    calm = {adapter for adapter in adapters if seats.note_of(adapter).get("gentle")}
    gentle = [spec.adapter in calm for spec in specs]
    with base.slots.rows(names), towards_person(base, guidance, seeds, gentle):
        return base.family.draw(
            prompts,
            base.prompt(recipe.prompt.negative),
            seeds,
            steps,
            guidance,
            recipe.sample.rescale,
            watch,
        )


def _base_fails(
    base: BaseModel,
    specs: Sequence[SampleSpec],
    drawn: Sequence[Image.Image | None],
    steps: int,
    guidance: float,
    watch: Callable[[], None],
) -> bool:
    """Whether a row is no picture by the base model's fault and not by its adapter's."""
    failed = [spec for spec, picture in zip(specs, drawn, strict=True) if picture is None]
    if any(spec.adapter is None for spec in failed):
        return True
    if len(failed) < len(specs):
        return False
    bare = replace(failed[0], adapter=None)
    return _batch(base, [bare], steps, guidance, watch)[0] is None
