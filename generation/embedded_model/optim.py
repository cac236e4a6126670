"""Muon for hidden matrices and AdamW for the rest, behind one optimiser.

Muon (Jordan et al., 2024) replaces each matrix's momentum by its nearest orthogonal matrix,
found by five Newton-Schulz steps. It learns from far fewer samples than AdamW alone here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, distributed, nn

from generation.embedded_model.precision import has_half

_ADAM_NAMES = ("conv_in", "conv_out", "embedding", "time_embedding", "add_embedding")


# One Newton-Schulz step takes a matrix x to (A + B g + C g g) x, where g is x times its transpose.
_A, _B, _C = 3.4445, -4.7750, 2.0315
_STEPS = 5


def orthogonalise(batch: Tensor) -> Tensor:
    """Nearest semi-orthogonal matrices of `batch` (n, rows, columns), approximately."""
    half = has_half(batch.device.type)
    x: Tensor = batch.to(torch.bfloat16 if half else torch.float32)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    # Bfloat16 has too few digits for products of squares.
    if x.shape[-1] >= 3 * x.shape[-2] and not half:
        x = _gathered(x @ x.mT) @ x
    else:
        for _ in range(_STEPS):
            gram = x @ x.mT
            x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return x.mT if tall else x


def _gathered(gram: Tensor) -> Tensor:
    """All steps of a matrix in one factor, from its `gram` (n, rows, rows) alone.

    Every step's factor is a polynomial in the same symmetric matrix, so they commute and the
    next gram is factor x gram x factor: a wide matrix is multiplied twice instead of ten times.
    """
    whole: Tensor | None = None
    for step in range(_STEPS):
        factor = _B * gram + _C * gram @ gram
        factor.diagonal(dim1=-2, dim2=-1).add_(_A)
        whole = factor if whole is None else factor @ whole
        if step < _STEPS - 1:
            gram = factor @ gram @ factor
    assert whole is not None
    return whole


class MuonAdamW:
    """One `step` for both kinds; `scale` multiplies both learning rates.

    Of `ranks` processes that hold the same gradients each finds the updates of its share of the
    matrices, and they exchange them.
    """

    def __init__(
        self,
        named: Iterable[tuple[str, nn.Parameter]],
        muon_rate: float = 0.02,
        adam_rate: float = 1e-3,
        momentum: float = 0.95,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        self._rank, self._ranks = rank, ranks
        self.muon_rate = muon_rate
        self.momentum = momentum
        hidden: dict[tuple[int, int], list[nn.Parameter]] = defaultdict(list)
        others: list[nn.Parameter] = []
        for name, weight in named:
            if weight.ndim >= 2 and not any(part in name for part in _ADAM_NAMES):
                hidden[(weight.shape[0], weight.numel() // weight.shape[0])].append(weight)
            else:
                others.append(weight)
        self._groups = list(hidden.items())
        self._velocity = [
            torch.zeros(len(weights), *shape, device=weights[0].device)
            for shape, weights in self._groups
        ]
        self._adam = torch.optim.AdamW(others, lr=adam_rate, betas=(0.9, 0.98), weight_decay=0.0)
        self._adam_rate = adam_rate

    @torch.no_grad()
    def step(self, scale: float = 1.0) -> None:
        """Apply the gradients and clear them."""
        updates: list[Tensor] = []
        for ((rows, columns), weights), velocity in zip(self._groups, self._velocity, strict=True):
            grads = torch.stack(
                [
                    (w.grad if w.grad is not None else torch.zeros_like(w)).reshape(rows, columns)
                    for w in weights
                ]
            ).float()
            velocity.lerp_(grads, 1 - self.momentum)
            grads.lerp_(velocity, self.momentum)
            if self._ranks == 1:
                updates.append(orthogonalise(grads).float())
                continue
            update = torch.zeros_like(grads)
            mine = slice((self._rank + len(updates)) % self._ranks, None, self._ranks)
            if len(grads[mine]):
                update[mine] = orthogonalise(grads[mine]).float()
            updates.append(update)
        if self._ranks > 1:
            flat = torch.cat([update.flatten() for update in updates])
            distributed.all_reduce(flat)
            parts = torch.split(flat, [update.numel() for update in updates])
            updates = [part.view_as(update) for part, update in zip(parts, updates, strict=True)]
        for ((rows, columns), weights), update in zip(self._groups, updates, strict=True):
            rate = self.muon_rate * scale * max(1.0, rows / columns) ** 0.5
            for weight, delta in zip(weights, update, strict=True):
                weight.add_(delta.view(weight.shape), alpha=-rate)
                weight.grad = None
        for group in self._adam.param_groups:
            group["lr"] = self._adam_rate * scale
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Everything that `load_state_dict` needs to go on exactly."""
        return {"velocity": self._velocity, "adam": self._adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`, made by an optimiser over the same weights."""
        for mine, theirs in zip(self._velocity, state["velocity"], strict=True):
            mine.copy_(theirs)
        self._adam.load_state_dict(state["adam"])
