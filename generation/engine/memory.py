"""Running out of memory, told apart from other failures."""

from __future__ import annotations

import gc

import torch


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device or the host had no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and any(
        sign in text
        for sign in ("out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED")
    )


def device_lost(error: BaseException) -> bool:
    """Whether `error` leaves the device unusable for the rest of this process: any error of CUDA
    but a lack of memory stays with its context."""
    found: BaseException | None = error
    while found is not None:
        text = str(found)
        if "CUDA error" in text and not out_of_memory(found):
            return True
        found = found.__cause__ or found.__context__
    return False


def release() -> None:
    """Give cached memory back to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
