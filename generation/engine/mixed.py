"""LoRA layers for a batch whose rows belong to different people, fast.

PEFT's own mixed forward gathers each person's rows by index, and in the backward pass that
fills a tensor of the whole batch for every person: most of the time of a training step. Rows
of one person lie together here, so views and batched products do the same sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch
from peft.tuners.lora import Conv2d, Linear, LoraLayer
from torch import Tensor, nn
from torch.nn import functional

# PEFT's own word for “no adapter”.
BASE = "__base__"


def runs(names: Sequence[str]) -> tuple[list[str], int]:
    """(names, length): `names` as groups of neighbours of one equal length."""
    groups = [(name, len(list(group))) for name, group in groupby(names)]
    length = groups[0][1]
    if all(size == length for _, size in groups):
        return [name for name, _ in groups], length
    return list(names), 1


def quicken(layer: LoraLayer) -> None:
    """Let `layer` (a PEFT Linear or Conv2d without variants) run mixed batches by groups."""
    if type(layer) is Linear:
        vars(layer)["_mixed_batch_forward"] = _Grouped(layer, _linear)
    elif type(layer) is Conv2d:
        vars(layer)["_mixed_batch_forward"] = _Grouped(layer, _convolution)


class _Grouped:
    """Takes the place of a layer's `_mixed_batch_forward`."""

    def __init__(self, layer: Any, add: Any):
        self.layer = layer
        self.add = add

    def __call__(self, x: Tensor, *args: Any, adapter_names: list[str], **kwargs: Any) -> Tensor:
        result: Tensor = self.layer.base_layer(x, *args)
        bare = next((i for i, name in enumerate(adapter_names) if name != BASE), None)
        if bare is None:
            return result
        names, length = runs(adapter_names[bare:])
        down = [_weight(self.layer.lora_A, name).to(x.dtype) for name in names]
        up = [_weight(self.layer.lora_B, name).to(x.dtype) for name in names]
        scale = float(next(iter(self.layer.scaling.values())))
        added: Tensor = self.add(self.layer, x[bare:], result[bare:], down, up, length, scale)
        return torch.cat((result[:bare], added)) if bare else added


def _weight(weights: nn.ModuleDict, name: str) -> Tensor:
    """The adapter's matrix; zeros for rows without one."""
    if name == BASE:
        other: Any = next(iter(weights.values()))
        return torch.zeros_like(other.weight)
    weight: Tensor = weights[name].weight  # type: ignore[assignment]
    return weight


def _linear(
    _layer: Any,
    x: Tensor,
    result: Tensor,
    down: list[Tensor],
    up: list[Tensor],
    length: int,
    scale: float,
) -> Tensor:
    groups = len(down)
    rows = x.reshape(groups, -1, x.shape[-1])
    narrow = torch.bmm(rows, torch.stack(down).transpose(1, 2))
    wide = torch.stack(up).transpose(1, 2)
    flat = result.reshape(groups, -1, result.shape[-1])
    if flat.dtype == narrow.dtype:
        return torch.baddbmm(flat, narrow, wide, alpha=scale).view(result.shape)
    return result + (torch.bmm(narrow, wide) * scale).to(result.dtype).view(result.shape)


def _convolution(
    layer: Any,
    x: Tensor,
    result: Tensor,
    down: list[Tensor],
    up: list[Tensor],
    length: int,
    scale: float,
) -> Tensor:
    base = layer.get_base_layer()
    parts = [
        functional.conv2d(
            functional.conv2d(rows, a, None, base.stride, base.padding, base.dilation),
            b,
        )
        for rows, a, b in zip(torch.split(x, length), down, up, strict=True)
    ]
    return torch.add(result, torch.cat(parts).to(result.dtype), alpha=scale)
