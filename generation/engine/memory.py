"""Running out of memory, told apart from other failures."""

from __future__ import annotations

import gc

import torch


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device or the host had no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text
    )


def release() -> None:
    """Give cached memory back to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
