"""Train the embedded model from nothing to a folder of weights.

    python -m generation.embedded_model.train                  # go on until --minutes or Ctrl-C
    python -m generation.embedded_model.train --start FOLDER   # go on from a finished model
    python -m generation.embedded_model.train --decay 2000     # anneal a copy and export it

Pictures are rendered first (or beside, by `dataset`), the autoencoder is trained once, then
the UNet and text encoders at a constant rate from checkpoint to checkpoint. The constant-rate
run has no end: it can always be taken up again. `--decay` takes its newest checkpoint, lowers
the rate to zero over the given steps and writes a finished model, leaving the run as it was.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

# Threads that spin while they wait waste half of a shared machine; OpenMP reads this when
# torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

import torch
from diffusers import AutoencoderKL, StableDiffusionXLPipeline
from torch import distributed

from generation.embedded_model import dataset, layout
from generation.embedded_model.autoencoder import encode_chunks, train_autoencoder
from generation.embedded_model.denoiser import TRAINED, Run


def say(text: str) -> None:
    """Print a line of progress with the time."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description="Train the embedded base model.")
    parser.add_argument("--folder", type=Path, default=Path("var/embedded_model"))
    parser.add_argument("--chunks", type=int, default=20, help="of 2000 pictures to train on")
    parser.add_argument("--vae-minutes", type=float, default=9.0)
    parser.add_argument(
        "--start", type=Path, help="a finished model to begin from where there is no checkpoint"
    )
    parser.add_argument("--minutes", type=float, default=1e9, help="of UNet training, then stop")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=0.25, help="multiplies both learning rates")
    parser.add_argument("--decay", type=int, default=0, help="steps of annealing, then export")
    parser.add_argument(
        "--export",
        type=Path,
        default=None,
        help="write the averaged model there, after --decay steps if given",
    )
    parser.add_argument("--sheet-minutes", type=float, default=8.0)
    parser.add_argument("--save-minutes", type=float, default=3.0)
    parser.add_argument("--processes", type=int, default=1, help="that share each batch")
    parser.add_argument("--threads", type=int, default=1, help="a process")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", action="store_true", help="the UNet; wants a C++ compiler")
    parser.add_argument("--vae-only", action="store_true")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the stages that are not done yet."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    pictures = options.folder / "pictures"
    have = dataset.chunks(pictures)
    if not have:
        say("rendering the first pictures")
        dataset.render_chunk(pictures, 0)
    if options.start is not None and not (options.folder / "vae").exists():
        AutoencoderKL.from_pretrained(
            options.start / "vae", torch_dtype=torch.float32
        ).save_pretrained(options.folder / "vae")
    vae = train_autoencoder(
        pictures, options.folder / "vae", options.vae_minutes, options.device, say
    )
    if options.vae_only:
        return
    for chunk in range(options.chunks):
        dataset.render_chunk(pictures, chunk)
    encode_chunks(vae, pictures, say)
    if options.processes == 1:
        work(0, options, vae)
        return
    options.meeting = Path(tempfile.mkdtemp()) / "meeting"
    context = multiprocessing.get_context("spawn")
    parts = [
        context.Process(target=work, args=(rank, options, vae.cpu()))
        for rank in range(options.processes)
    ]
    for part in parts:
        part.start()

    def ask_to_end(*_: object) -> None:
        for part in parts:
            part.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_end)
    for part in parts:
        part.join()
    if any(part.exitcode for part in parts):
        raise SystemExit("A training process failed; its message stands above.")


def _finished(folder: Path) -> StableDiffusionXLPipeline:
    """The finished model in `folder` in full precision, to be trained further."""
    pipe = layout.pipeline()
    done = StableDiffusionXLPipeline.from_pretrained(folder, dtype=torch.float32)
    for part in TRAINED:
        getattr(pipe, part).load_state_dict(getattr(done, part).state_dict())
    return pipe


def work(rank: int, options: argparse.Namespace, vae: AutoencoderKL) -> None:
    """Train in process `rank` of options.processes, which average their gradients."""
    torch.set_num_threads(options.threads)
    if options.processes > 1:
        distributed.init_process_group(
            "gloo",
            init_method=f"file://{options.meeting}",
            rank=rank,
            world_size=options.processes,
            timeout=timedelta(minutes=30),
        )
    run = Run(
        options.folder,
        vae,
        options.batch,
        options.device,
        say if rank == 0 else lambda text: None,
        rate=options.rate,
        rank=rank,
        ranks=options.processes,
        pipe=_finished(options.start) if options.start is not None else None,
        compiled=options.compile,
    )
    if options.decay or options.export:
        run.anneal(options.decay, options.export or options.folder / "export")
    else:
        # Asked to end, the run finishes its step and saves.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(run, "stopped", True))
        run.go(options.minutes, options.sheet_minutes, options.save_minutes)


if __name__ == "__main__":
    main()
