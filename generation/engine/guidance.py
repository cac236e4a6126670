"""Guidance that brings the person out, not only the prompt.

Plain guidance asks the adapter on both of its sides, so what it enlarges is the prompt. Here the
first steps may do that, and lay out clothes and backdrop; from a share of them on the head is led
away from what the base model draws for the same prompt without the adapter, and everything else
follows the prompt as it is, or is left to the base model, which has not seen the selfies' clothes.
That is guidance by a weaker version of the same model (Karras et al. 2024, arXiv:2406.02507), and
costs nothing: the same two rows are computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from generation.engine.head import head_map
from generation.engine.mixed import BASE

if TYPE_CHECKING:
    from generation.engine.load import BaseModel


def _prompted(value: Any, known: Tensor) -> Any:
    """`value`, or the tensors in it, with the second half's rows in place of the first half's for
    the `known` [rows]; what is not of two rows for each stays as it is."""
    if isinstance(value, dict):
        return {name: _prompted(part, known) for name, part in value.items()}
    if not isinstance(value, Tensor) or value.ndim == 0 or len(value) != 2 * len(known):
        return value
    negative, prompt = value.chunk(2)
    chosen = known.to(value.device).reshape(-1, *[1] * (value.ndim - 1))
    return torch.cat((torch.where(chosen, prompt, negative), prompt))


@contextmanager
def towards_person(
    base: BaseModel, guidance: float, seeds: Sequence[int], gentle: Sequence[bool]
) -> Iterator[None]:
    """Within, `family.draw` of these `seeds` with `guidance` brings out who each row's adapter
    knows; on a `gentle` row their head is drawn as the adapter has it.

    By `person_guidance` and `person_from` of the base model's sample settings; without them, or
    without guidance, drawing stays as it is. Must lie within `slots.rows`. Rows without an
    adapter are guided plainly.
    """
    settings, slots, denoiser = base.recipe.sample, base.slots, base.family.denoiser
    turns = settings.person_guidance
    if not turns or guidance <= 1:
        yield
        return
    begins = base.family.noisiest * (1 - settings.person_from)
    # The pipeline adds guidance - 1 times what is between both sides.
    strengths = [
        0.0 if calm else (turns[seed % len(turns)] - 1) / (guidance - 1)
        for seed, calm in zip(seeds, gentle, strict=True)
    ]
    apart = settings.person_apart / (guidance - 1)
    masks: list[Tensor] = []

    def before(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        time = kwargs["timestep"] if "timestep" in kwargs else args[1]
        slots.against_base = float(torch.as_tensor(time).flatten()[0]) < begins
        if not slots.against_base:
            return None
        known = torch.tensor([name != BASE for name in slots.current])
        return args, {name: _prompted(value, known) for name, value in kwargs.items()}

    def after(_module: nn.Module, _args: tuple[Any, ...], output: tuple[Tensor, ...]) -> Any:
        if not slots.against_base:
            return output
        slots.against_base = False
        without, person = output[0].chunk(2)
        if not masks:
            places = head_map(base.recipe.crop, base.family.grid)[None, None]
            head = base.family.laid_out(places).to(person)
            rows = (-1, *[1] * (person.ndim - 1))
            known = torch.tensor([name != BASE for name in slots.current]).reshape(rows)
            strong = torch.tensor(strengths).reshape(rows)
            weights = strong.to(head) * head - apart * (1 - head)
            masks.append(torch.where(known.to(head.device), weights, 1))
        return (torch.cat((torch.lerp(person, without, masks[0]), person)), *output[1:])

    hooks = (
        denoiser.register_forward_pre_hook(before, with_kwargs=True),
        denoiser.register_forward_hook(after),
    )
    try:
        yield
    finally:
        slots.against_base = False
        for hook in hooks:
            hook.remove()
