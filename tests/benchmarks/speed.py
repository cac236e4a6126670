"""How long a roster takes on this machine, and against the usual way of a process a person.

Writes speed.json. Both ways run side by side in one call on the same selfies; the usual way
is measured on a few people and scaled to the roster, as its people share nothing.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from django.conf import settings
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from generation.engine.load import base_model, unload
from tests.benchmarks import _roster
from tests.benchmarks._report import BENCH, ROOT, Figure, report, say


class Clock:
    """Seconds spent inside the calls it wraps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - start

        return timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=ROOT / "generation/embedded_model/weights")
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--selfies", type=int, default=8)
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--usual", type=int, default=1, help="people trained the usual way")
    options = parser.parse_args()

    start = time.perf_counter()
    base = base_model(options.base)
    loading = time.perf_counter() - start
    sitters = _roster.gather(BENCH / "speed_people", base, options.people, options.selfies, seed=3)
    inside = Clock()
    forward, backward = base.family.denoiser.forward, torch.autograd.backward
    base.family.denoiser.forward = inside.around(forward)  # type: ignore[method-assign]
    torch.autograd.backward = inside.around(backward)
    people = sum(sitter.enough for sitter in sitters)
    say(f"training {people} people, {settings.PEOPLE_AT_ONCE} together")
    start = time.perf_counter()
    _roster.train(base, sitters, BENCH / "speed_adapters")
    training = time.perf_counter() - start
    trained = inside.seconds
    start = time.perf_counter()
    _roster.draw(base, sitters, options.candidates)
    drawing = time.perf_counter() - start
    base.family.denoiser.forward = forward  # type: ignore[method-assign]
    torch.autograd.backward = backward
    ours = loading + training + drawing

    usual, distances = 0.0, []
    compared = [sitter for sitter in sitters if sitter.enough][: options.usual]
    for sitter in compared:
        out = BENCH / "usual" / sitter.person.number
        shutil.rmtree(out, ignore_errors=True)
        say(f"training {sitter.person.number} the usual way")
        start = time.perf_counter()
        script = Path(__file__).with_name("_usual.py")
        subprocess.run([sys.executable, script, options.base, out, *sitter.files], check=True)
        usual += time.perf_counter() - start
        for path in sorted(out.glob("*.png")):
            receipt = _roster.judge(base, sitter, sitters, Image.open(path))
            if receipt.likeness_own is not None:
                distances.append(receipt.likeness_own)
    usual *= people / max(1, options.usual)
    unload()

    pictures = sum(len(sitter.images) for sitter in sitters)
    # Of the same people as the usual way's.
    same = [r.likeness_own for s in compared for r in s.receipts if r.likeness_own is not None]
    mine = float(np.mean(same or [1]))
    theirs = float(np.mean(distances or [1]))
    share = 100 * inside.seconds / (training + drawing)
    each, picture = training / people, drawing / pictures
    faster = usual / ours
    cores = (
        f"{torch.get_num_threads()} threads, roster of {people}, {settings.PEOPLE_AT_ONCE} at once"
    )
    report(
        "speed",
        [
            Figure("training a person", each, "s", "≤ 60", each <= 60, cores),
            Figure("a candidate, judged", picture, "s", "≤ 1", picture <= 1, cores),
            Figure("inside the UNet", share, "%", "≥ 85", share >= 85,
                   "forward and backward, of training, drawing and judging"),
            Figure("inside the UNet, training", 100 * trained / training, "%"),
            Figure("loading", loading, "s"),
            Figure("roster", ours, "s", "", None, "load, train, draw, judge"),
            Figure("the usual way", usual, "s", "", None,
                   f"{options.usual} people, scaled; 500 steps of 4 at 1e-4, a process each"),
            Figure("times faster", faster, "×", "≥ 3", faster >= 3),
            Figure("mean distance to owner", mine, "dlib", f"≤ {theirs:.3f}", mine <= theirs,
                   "no less like them than the usual way"),
            Figure("mean distance to owner, usual way", theirs, "dlib"),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
