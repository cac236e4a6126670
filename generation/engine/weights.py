"""The weights files of a base model's parts: which of them count, and whether all is there."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from generation.engine.errors import BaseModelError

# Whose half-precision files diffusers names apart. They are taken where there are no others.
_VARIANTS = (None, "fp16")
# safetensors itself refuses longer headers.
_LONGEST_HEADER = 100_000_000


def find(folder: Path, stem: str) -> tuple[str | None, list[Path]]:
    """The variant (None: the plain one) of a part's weights called `stem`, and its files.

    Raises BaseModelError where there are none that can be used, or a shard of them is missing.
    """
    for variant in _VARIANTS:
        dot = f".{variant}" if variant else ""
        index = folder / f"{stem}.safetensors.index{dot}.json"
        whole = folder / f"{stem}{dot}.safetensors"
        if index.is_file():
            return variant, _shards(folder, index)
        if whole.is_file():
            return variant, [whole]
    others = sorted(p.name for p in folder.glob("*.safetensors") if not p.name.startswith("."))
    if not others:
        raise BaseModelError(f"{folder} holds no .safetensors weights.")
    raise BaseModelError(
        f"{folder} holds {', '.join(others[:3])}, none of which the engine reads: it looks for "
        f"{stem}.safetensors or {stem}.fp16.safetensors."
    )


def _shards(folder: Path, index: Path) -> list[Path]:
    found = read_json(index).get("weight_map")
    if not isinstance(found, dict) or not found:
        raise BaseModelError(f"The base model is damaged: {index} names no weights.")
    names = sorted({str(name) for name in found.values()})
    for name in names:
        if not (folder / name).is_file():
            raise BaseModelError(f"The base model is not complete: {folder / name} is missing.")
    return [folder / name for name in names]


def refuse_cut(path: Path) -> None:
    """Raise BaseModelError unless the safetensors file is as long as its header says."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(size, _LONGEST_HEADER):
                raise ValueError
            header = json.loads(file.read(length))
        ends = [int(v["data_offsets"][1]) for k, v in header.items() if k != "__metadata__"]
    except (
        struct.error,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
    ) as error:
        raise BaseModelError(
            f"The base model is damaged: {path} is no safetensors file."
        ) from error
    if size < 8 + length + max(ends, default=0):
        raise BaseModelError(f"The base model is not complete: {path} is cut off. Copy it again.")


def open_part(kind: Any, folder: Path, stem: str, **options: Any) -> Any:
    """The part in `folder`, by `kind.from_pretrained` of diffusers or transformers; offline.

    Raises BaseModelError where its files lack any of the tensors that the part is made of, which
    the one library would fill with chance and the other with nothing, or hold some of other sizes.
    """
    variant, _ = find(folder, stem)
    try:
        part, seen = kind.from_pretrained(
            folder,
            variant=variant,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    except (ValueError, RuntimeError) as error:
        if not any(sign in str(error) for sign in ("expected shape", "size mismatch")):
            raise
        raise BaseModelError(
            f"The base model cannot be opened: the weights in {folder} are of other sizes than its "
            "config.json says."
        ) from error
    missing = sorted(seen["missing_keys"])
    if missing:
        raise BaseModelError(
            f"The base model is not complete: {folder} lacks {len(missing)} of the tensors that "
            f"its config.json asks for, as {missing[0]}. Copy it again."
        )
    return part


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file of the base model. Raises BaseModelError where there is none."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise BaseModelError(f"The base model is not complete: {path} is missing.") from error
    except (OSError, ValueError) as error:
        raise BaseModelError(f"The base model is damaged: {path} is not readable JSON.") from error
    if not isinstance(data, dict):
        raise BaseModelError(f"The base model is damaged: {path} is not a JSON object.")
    return data
