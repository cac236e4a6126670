"""Several people's LoRAs side by side in one model.

The slots `slot0`, `slot1`, … have one shape; a person's weights are copied into a slot and
out again, so nothing is injected or compiled anew. Each row of a batch names its slot, and
a hook hands the names to every PEFT layer. Files hold diffusers' keys: any diffusers
pipeline of the same base loads them.
"""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from generation.engine.errors import EngineError
from generation.engine.mixed import BASE, quicken
from generation.engine.recipe import LoraSettings, Recipe


class Slots:
    """The adapter slots of one denoiser."""

    def __init__(self, denoiser: nn.Module, settings: LoraSettings, prefix: str):
        self.denoiser = denoiser
        self.settings = settings
        self.prefix = prefix
        self.names: list[str] = []
        self._layers: dict[str, Any] = {}
        self._rows: list[str] = []
        #: Whether guidance's other half is drawn by the base model alone (see `guidance`).
        self.against_base = False
        self._held: dict[str, str] = {}

    def grow(self, count: int) -> None:
        """Have at least `count` slots. Raises EngineError if no layer fits the targets."""
        while len(self.names) < count:
            name = f"slot{len(self.names)}"
            config = LoraConfig(
                r=self.settings.rank,
                lora_alpha=self.settings.alpha,
                target_modules=list(self.settings.targets),
                init_lora_weights=False,
            )
            try:
                with warnings.catch_warnings():
                    # PEFT takes further slots for a mistake.
                    warnings.simplefilter("ignore", UserWarning)
                    inject_adapter_in_model(config, self.denoiser, adapter_name=name)
            except ValueError as error:
                raise EngineError(
                    "The base model has no layers named like its LoRA targets in engine.json."
                ) from error
            self.names.append(name)
            if not self._layers:
                self._layers = {
                    path: module
                    for path, module in self.denoiser.named_modules()
                    if isinstance(module, LoraLayer)
                }
                for module in self._layers.values():
                    module.register_forward_pre_hook(self._hand_in, with_kwargs=True)
                    quicken(module)
            # PEFT gives them the base model's kind. In bfloat16 a step of training would be lost in
            # rounding; layers use copies in the kind of what passes through (`mixed`).
            for module in self._layers.values():
                for side in (module.lora_A, module.lora_B):
                    side[name].float()
            self.require_grad(())

    def _hand_in(
        self, _module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        count = len(args[0])
        # Guidance stacks the batch on itself; outside `rows` nobody's adapter may speak.
        names = self._rows * (count // len(self._rows)) if self._rows else [BASE] * count
        if self.against_base:
            names[: -len(self._rows)] = [BASE] * (count - len(self._rows))
        return args, {**kwargs, "adapter_names": names}

    @property
    def current(self) -> tuple[str, ...]:
        """The slot of each row, as `rows` was told."""
        return tuple(self._rows)

    @contextmanager
    def rows(self, names: Sequence[str]) -> Iterator[None]:
        """Within, row i of each batch runs with slot `names[i]` (BASE: none).

        Must enclose the backward pass too, as recomputed layers run again there.
        """
        previous, self._rows = self._rows, list(names)
        try:
            yield
        finally:
            self._rows = previous

    def require_grad(self, names: Sequence[str]) -> None:
        """Only the slots in `names` learn."""
        for slot in self.names:
            for weight in self.weights(slot).values():
                weight.requires_grad_(slot in names)

    def weights(self, slot: str) -> dict[str, nn.Parameter]:
        """The slot's own tensors by their key in files, without the prefix."""
        found: dict[str, nn.Parameter] = {}
        for path, layer in self._layers.items():
            found[f"{path}.lora_A.weight"] = layer.lora_A[slot].weight
            found[f"{path}.lora_B.weight"] = layer.lora_B[slot].weight
        return found

    @torch.no_grad()
    def reset(self, slot: str, seed: int) -> None:
        """A fresh adapter that changes nothing yet; its first weights depend on `seed`."""
        chance = torch.Generator("cpu").manual_seed(seed)
        for key, weight in self.weights(slot).items():
            if ".lora_B." in key:
                weight.zero_()
                continue
            bound = 1 / math.sqrt(weight[0].numel())
            drawn = torch.empty(weight.shape).uniform_(-bound, bound, generator=chance)
            weight.copy_(drawn)
        self._held.pop(slot, None)

    @torch.no_grad()
    def put(self, slot: str, state: Mapping[str, Tensor], held: str = "") -> None:
        """Copy an adapter into `slot`. Raises EngineError if it does not fit."""
        weights = self.weights(slot)
        if weights.keys() != state.keys() or any(
            weights[key].shape != value.shape for key, value in state.items()
        ):
            raise EngineError(
                "This adapter was trained for another base model; train the person again."
            )
        for key, value in state.items():
            weights[key].copy_(value)
        if held:
            self._held[slot] = held
        else:
            self._held.pop(slot, None)

    def take(self, slot: str) -> dict[str, Tensor]:
        """A copy of the slot's weights on the CPU, float32."""
        return {
            key: weight.detach().float().cpu().clone() for key, weight in self.weights(slot).items()
        }

    def seat(self, path: Path, slot: str) -> None:
        """Have the adapter file `path` in `slot`; nothing is read if it is there already."""
        try:
            held = f"{path.resolve()}:{path.stat().st_mtime_ns}"
        except FileNotFoundError as error:
            raise EngineError(f"The adapter {path.name} is not there any more.") from error
        if self._held.get(slot) != held:
            self.put(slot, read(path, self.prefix)[0], held)


def shape(recipe: Recipe) -> dict[str, Any]:
    """What an adapter's note says of the base model that it fits: weights, rank, strength, and
    which layers it changes."""
    return {
        "base": recipe.fingerprint,
        "rank": recipe.lora.rank,
        "alpha": recipe.lora.alpha,
        "targets": sorted(set(recipe.lora.targets)),
    }


def fits(path: Path, recipe: Recipe) -> bool:
    """Whether the adapter file is whole and of this base model as its recipe is now."""
    try:
        _, note = read(path, "")
    except EngineError:
        return False
    return all(note.get(key) == value for key, value in shape(recipe).items())


def write(path: Path, groups: Mapping[str, Mapping[str, Tensor]], note: Mapping[str, Any]) -> None:
    """Write tensors as `group.key` with a JSON note: temporary file, fsync, rename."""
    tensors = {
        f"{group}.{key}": value.contiguous()
        for group, state in groups.items()
        for key, value in state.items()
    }
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        save_file(tensors, temporary, metadata={"format": "pt", "note": json.dumps(note)})
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: Path, group: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """One group of a file by `write`, and its note. Raises EngineError if it is no such file."""
    try:
        with safe_open(path, framework="pt") as file:
            start = f"{group}."
            keys = [key for key in file.keys() if key.startswith(start)]  # noqa: SIM118
            note = json.loads((file.metadata() or {}).get("note", "{}"))
            return {key[len(start) :]: file.get_tensor(key) for key in keys}, note
    except (OSError, SafetensorError, ValueError) as error:
        raise EngineError(f"The adapter {path.name} cannot be read: {error}.") from error
