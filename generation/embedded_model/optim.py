"""Muon for hidden matrices and AdamW for the rest, behind one optimiser.

Muon (Jordan et al., 2024) replaces each matrix's momentum by its nearest orthogonal matrix,
found by five Newton-Schulz steps. It learns from far fewer samples than AdamW alone here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from generation.embedded_model.precision import has_half

_ADAM_NAMES = ("conv_in", "conv_out", "embedding", "time_embedding", "add_embedding")


def orthogonalise(batch: Tensor) -> Tensor:
    """Nearest semi-orthogonal matrices of `batch` (n, rows, columns), approximately."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x: Tensor = batch.to(torch.bfloat16 if has_half(batch.device.type) else torch.float32)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class MuonAdamW:
    """One `step` for both kinds; `scale` multiplies both learning rates."""

    def __init__(
        self,
        named: Iterable[tuple[str, nn.Parameter]],
        muon_rate: float = 0.02,
        adam_rate: float = 1e-3,
        momentum: float = 0.95,
    ) -> None:
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
        for ((rows, columns), weights), velocity in zip(self._groups, self._velocity, strict=True):
            grads = torch.stack(
                [
                    (w.grad if w.grad is not None else torch.zeros_like(w)).reshape(rows, columns)
                    for w in weights
                ]
            ).float()
            velocity.lerp_(grads, 1 - self.momentum)
            update = orthogonalise(grads.lerp_(velocity, self.momentum))
            rate = self.muon_rate * scale * max(1.0, rows / columns) ** 0.5
            for weight, delta in zip(weights, update.float(), strict=True):
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
