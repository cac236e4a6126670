"""What this host can do with a base model: loads it, trains a little, draws a picture."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING

from generation.engine.errors import EngineError
from generation.engine.load import base_model
from generation.engine.specs import LookSpec, SampleSpec

if TYPE_CHECKING:
    import torch

_LOOK = LookSpec("navy suit", "studio grey")


def gpu_check(base_path: str | Path, device: str | None = None) -> dict[str, object]:
    """Figures of this host with the base model in `base_path`, fit for JSON.

    `ok` says whether it can work at all, `sentences` what was found or is wrong, each
    readable alone; `images_per_second` and `seconds_per_step` are of one person and include
    no loading. Never raises for what a host lacks.
    """
    found: dict[str, object] = {"ok": False, "host": platform.node(), "cpus": os.cpu_count()}
    sentences: list[str] = []
    found["sentences"] = sentences
    try:
        start = time.perf_counter()
        base = base_model(base_path, device)
        import torch

        found |= base.describe()
        found["torch"] = torch.__version__
        found["load_seconds"] = round(time.perf_counter() - start, 2)
        sentences.append(
            f"{base.recipe.name} ({base.recipe.family}, {base.recipe.resolution} px) runs on "
            f"{_name(base.device)}."
        )
        if base.device.type == "cpu":
            sentences.append(
                "There is no GPU: fine for the embedded model, far too slow for a full one."
            )
            if base.recipe.resolution >= 512:
                sentences.append("A base model of this size needs a GPU to deliver in time.")
        elif base.device.type == "cuda":
            free, total = torch.cuda.mem_get_info(base.device)
            found["memory_free_gib"] = round(free / 2**30, 2)
            found["memory_total_gib"] = round(total / 2**30, 2)
            if not torch.cuda.is_bf16_supported(including_emulation=False):
                raise EngineError(
                    f"{_name(base.device)} has no bfloat16, which the engine works in on a GPU: "
                    "take a card of NVIDIA's Ampere generation or newer."
                )

        found["seconds_per_step"] = round(_train(base_path, device), 3)
        from generation.engine.sample import sample

        spec = SampleSpec("check", None, _LOOK, 1)
        sample(base, [spec])
        start = time.perf_counter()
        sample(base, [spec])
        took = time.perf_counter() - start
        found["images_per_second"] = round(1 / took, 3)
        found["memory_peak_gib"] = round(_peak(base.device), 2)
        sentences.append(
            f"A training step takes {found['seconds_per_step']} s, a picture {took:.2f} s; "
            f"at most {found['memory_peak_gib']} GiB of memory were in use."
        )
        found["ok"] = True
    except EngineError as error:
        sentences.append(str(error))
    except RuntimeError as error:
        # Whatever a driver or a layer that does not fit says; its first line names it.
        first = (str(error).strip() or repr(error)).splitlines()[0]
        sentences.append(f"The work broke off on this device: {first}")
    return found


def _train(base_path: str | Path, device: str | None) -> float:
    """Seconds a step, from two training steps on noise, straight through the engine."""
    import torch

    base = base_model(base_path, device)
    recipe, slots = base.recipe, base.slots
    slots.grow(1)
    slots.reset("slot0", 0)
    slots.require_grad(["slot0"])
    side = recipe.resolution
    latents = base.family.encode_images(torch.rand(1, 3, side, side) * 2 - 1)
    caption = base.prompt(recipe.selfie_caption())
    optimizer = torch.optim.AdamW(slots.weights("slot0").values(), lr=recipe.lora.learning_rate)
    took = 0.0
    try:
        for _ in range(2):
            start = time.perf_counter()
            kind = base.device.type
            with (
                slots.rows(["slot0"]),
                torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda"),
            ):
                noise, moment = torch.randn_like(latents), torch.full((1,), 0.5)
                loss = base.family.losses(latents, caption, noise, moment).sum()
                torch.autograd.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
            took = time.perf_counter() - start
    except RuntimeError as error:
        from generation.engine.memory import out_of_memory

        if out_of_memory(error):
            raise EngineError("This device has too little memory to train one person.") from error
        raise
    finally:
        slots.require_grad(())
    return took


def _name(device: torch.device) -> str:
    import torch

    kind = str(device)
    if kind.startswith("cuda"):
        return f"{torch.cuda.get_device_name(device)} (CUDA {torch.version.cuda})"
    return {"mps": "Apple's GPU", "cpu": f"{os.cpu_count()} CPU cores"}.get(kind, kind)


def _peak(device: torch.device) -> float:
    """GiB in use at most so far: of the GPU, or of this process."""
    import torch

    if str(device).startswith("cuda"):
        return torch.cuda.max_memory_allocated() / 2**30
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
