"""What this host can do with a base model: loads it, trains a little, draws some pictures."""

from __future__ import annotations

import logging
import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from generation.engine.errors import EngineError
from generation.engine.load import BaseModel, base_model, check_base_model, find_device
from generation.engine.specs import LookSpec, SampleSpec, TrainSpec

if TYPE_CHECKING:
    import torch

    from generation.engine.recipe import LoraSettings

log = logging.getLogger(__name__)

_LOOK = LookSpec("navy suit", "studio grey")
# From this picture size on, a processor takes hours for a person.
_GPU_FROM = 512

Say = Callable[[str], None]


def gpu_check(
    base_path: str | Path,
    device: str | None = None,
    *,
    people: int | None = None,
    force: bool = False,
    say: Say | None = None,
) -> dict[str, object]:
    """Figures of this host with the base model in `base_path`, fit for JSON.

    `ok` says whether it can work at all, `sentences` what was found or is wrong, each readable
    alone; `say` gets each of them as soon as it is known. Training and drawing are those of a full
    batch: `people` of them (as many as the base model says if not given, fewer where memory is
    short: `people_at_once`), `pictures_per_step` in all; `seconds_per_step` is of the whole step,
    `memory_peak_gib` of all that was done. A base model that needs a GPU is refused at once on a
    host without, unless `force`. Never raises for what a host lacks.
    """
    found: dict[str, object] = {"ok": False, "host": platform.node(), "cpus": os.cpu_count()}
    sentences: list[str] = []
    found["sentences"] = sentences

    def tell(sentence: str) -> None:
        sentences.append(sentence)
        if say is not None:
            say(sentence)

    try:
        _check(found, base_path, device, people, force, tell)
        found["ok"] = True
    except EngineError as error:
        tell(str(error))
    except Exception as error:
        # Whatever a driver or a layer that does not fit says; its first line names it.
        log.info("the check broke off", exc_info=True)
        first = (str(error).strip() or repr(error)).splitlines()[0]
        tell(f"The work broke off on this device: {first}")
    return found


def _check(
    found: dict[str, object],
    base_path: str | Path,
    device: str | None,
    people: int | None,
    force: bool,
    tell: Say,
) -> None:
    recipe = check_base_model(base_path)
    place = find_device(device)
    if place.type == "cpu":
        if recipe.resolution < _GPU_FROM:
            tell("There is no GPU: fine for the embedded model, far too slow for a full one.")
        elif not force:
            raise EngineError(
                f"{recipe.name} draws {recipe.resolution} px and needs a GPU: a processor takes "
                "hours for a person. Take a host with one. With --force it is tried here all the "
                "same."
            )
        else:
            tell("A base model of this size needs a GPU to deliver in time. It is tried as asked.")
    start = time.perf_counter()
    base = base_model(base_path, device)
    import torch

    found |= base.describe()
    found["torch"] = torch.__version__
    found["load_seconds"] = round(time.perf_counter() - start, 2)
    tell(
        f"{recipe.name} ({recipe.family}, {recipe.resolution} px) runs on {_name(place)}; it was "
        f"opened in {found['load_seconds']} s."
    )
    if place.type == "cuda":
        free, total = torch.cuda.mem_get_info(place)
        found["memory_free_gib"] = round(free / 2**30, 2)
        found["memory_total_gib"] = round(total / 2**30, 2)
        if not torch.cuda.is_bf16_supported(including_emulation=False):
            raise EngineError(
                f"{_name(place)} has no bfloat16, which the engine works in on a GPU: "
                "take a card of NVIDIA's Ampere generation or newer."
            )
    lora = recipe.lora
    at_once, step = _train(base, max(1, min(people or lora.people, lora.people)), tell)
    found["people_at_once"] = at_once
    found["pictures_per_step"] = at_once * lora.batch
    found["seconds_per_step"] = round(step, 3)
    tell(
        f"A training step of {at_once} people with {lora.batch} pictures each takes {step:.2f} s, "
        f"so the {lora.steps} steps of all of them about {step * lora.steps / 60:.1f} min. "
        f"{_when_it_ends(lora)}"
    )
    count, took = _draw(base, at_once)
    found["images_per_second"] = round(count / took, 3)
    found["memory_peak_gib"] = round(_peak(place), 2)
    tell(
        f"{count} pictures in a batch take {took:.2f} s, {took / count:.2f} s each. "
        f"At most {found['memory_peak_gib']} GiB of memory were in use."
    )


def _when_it_ends(lora: LoraSettings) -> str:
    end = lora.earliest_end()
    if end is None:
        return "Nobody's ends early."
    return f"It ends after {end} of them at the earliest, where drawings get no better."


def _train(base: BaseModel, people: int, tell: Say) -> tuple[int, float]:
    """(people at once, seconds a step): fewer people where memory is short, as in training."""
    from generation.engine.memory import out_of_memory, release

    while True:
        try:
            return people, _two_steps(base, people)
        except Exception as error:
            if not out_of_memory(error):
                raise
            if people == 1:
                raise EngineError(
                    "This device has too little memory to train even one person."
                ) from error
        finally:
            base.slots.require_grad(())
        people //= 2
        tell(f"Memory is short for so many at once: {people} people are tried.")
        release()


def _two_steps(base: BaseModel, people: int) -> float:
    """Seconds of the second of two training steps, as they are done for the roster, on noise."""
    import torch

    from generation.engine import seats, train
    from generation.engine.families.interface import join

    recipe = base.recipe
    side = recipe.resolution
    pixels = torch.rand((recipe.lora.batch, 3, side, side)) * 2 - 1
    latents = base.family.encode_images(pixels)
    weights = seats.focus(recipe.crop, base.family.grid)
    data = seats.Data(
        latents=latents,
        conditioning=join([base.prompt(recipe.selfie_caption())] * len(latents)),
        weights=None if weights is None else base.family.laid_out(weights),
        descriptors=np.zeros((0, 128)),
    )
    run = train._Run(base)
    sitting: list[seats.Seat] = []
    for number in range(people):
        spec = TrainSpec(f"check{number}", (), seed=number)
        run.seat(seats.Seat(spec, Path(), "", recipe.lora.steps, data=data), sitting)
    took = 0.0
    for _ in range(2):
        _wait(base.device)
        start = time.perf_counter()
        run.step(sitting)
        _wait(base.device)
        took = time.perf_counter() - start
    if any(seat.apart == "numbers" for seat in sitting):
        raise EngineError(
            "A training step on this device leads to values that are not numbers: the base model "
            "may not bear its precision."
        )
    return took


def _draw(base: BaseModel, people: int) -> tuple[int, float]:
    """(pictures, seconds) of one full batch, of people who have just been in training."""
    from generation.engine import adapters
    from generation.engine.sample import sample

    slots = base.slots
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{slot}.safetensors" for slot in slots.names[:people]]
        for slot, file in zip(slots.names, files, strict=False):
            adapters.write(file, {base.family.prefix: slots.take(slot)}, {})
        specs = [
            SampleSpec(f"check{n % people}", files[n % people], _LOOK, n)
            for n in range(base.recipe.sample.batch)
        ]
        # What is only done once, as encoding the prompt, does not count.
        sample(base, [replace(spec, steps=2) for spec in specs])
        _wait(base.device)
        start = time.perf_counter()
        sample(base, specs)
        _wait(base.device)
        return len(specs), time.perf_counter() - start


def _wait(device: torch.device) -> None:
    """Until the device has done all it was given: calls return before."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


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
        return torch.cuda.max_memory_allocated(device) / 2**30
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
