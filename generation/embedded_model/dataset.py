"""Training pictures: rendered once, kept on disk in chunks, read back as arrays.

A chunk is one file of pictures and one of captions, written whole or not at all, so that
rendering can stop and go on, or run beside the training.

    python -m generation.embedded_model.dataset FOLDER --chunks 20
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.embedded_model.renderer import Identity, Scene, caption, draw

CHUNK = 2000
SIZE = 96
# Two photos of each person; seeds of people from here on are never trained on.
PHOTOS = 2
HELD_OUT = 10_000_000


def example(number: int, size: int = SIZE) -> tuple[NDArray[np.uint8], str]:
    """Training picture `number` (size, size, 3) and its caption."""
    who = Identity.sample(number // PHOTOS)
    scene = Scene.sample(number)
    return draw(who, scene, size), caption(who, scene, number)


def render_chunk(folder: Path, chunk: int, count: int = CHUNK) -> None:
    """Render chunk `chunk` into `folder` unless it is there."""
    target = folder / f"pictures_{chunk:04d}.npy"
    if target.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    pictures = np.empty((count, SIZE, SIZE, 3), np.uint8)
    captions = []
    for at in range(count):
        pictures[at], words = example(chunk * count + at)
        captions.append(words)
    (folder / f"captions_{chunk:04d}.json").write_text(json.dumps(captions))
    part = target.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, pictures)
    os.replace(part, target)


def chunks(folder: Path) -> list[int]:
    """Numbers of the finished chunks, in order."""
    return sorted(int(path.stem.split("_")[1]) for path in folder.glob("pictures_*.npy"))


def load_pictures(folder: Path, chunk: int) -> NDArray[np.uint8]:
    """Pictures of a chunk (n, 96, 96, 3), mapped from disk."""
    return np.asarray(np.load(folder / f"pictures_{chunk:04d}.npy", mmap_mode="r"))


def load_captions(folder: Path, chunk: int) -> list[str]:
    """Captions of a chunk, in the pictures' order."""
    captions: list[str] = json.loads((folder / f"captions_{chunk:04d}.json").read_text())
    return captions


def main(arguments: Sequence[str] | None = None) -> None:
    """Render chunks from the command line."""
    parser = argparse.ArgumentParser(description="Render training pictures.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chunks", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="chunk; later ones are other people")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    for chunk in range(options.first, options.first + options.chunks):
        render_chunk(options.folder, chunk)
        print(f"chunk {chunk} written", flush=True)


if __name__ == "__main__":
    main()
