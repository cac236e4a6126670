"""A matting network in an ONNX file, in the place of the solved matte.

What the file must be: one input of float32 [1, 3, height, width], the picture in RGB with channels
in -1..1 (value / 127.5 - 1); first output float32 [1, 1, height, width] or [1, height, width], the
share of the person in each pixel, 0..1. Height and width are fixed in the file, or free: then the
shorter side is 512 and both are multiples of 32. MODNet (Apache-2.0) is exported like this.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from generation.engine.errors import EngineError
from generation.engine.faces import Box
from generation.engine.finishing.backdrop import Array
from generation.engine.finishing.matte import Matting, Pixels, carried

_SHORTER, _MULTIPLE = 512, 32
# A share this near to all or nothing is taken for it.
_SURE = 0.02


@lru_cache(maxsize=1)
def network(path: Path) -> Matting:
    """The network in `path`, on the CPU, one thread; loaded once a process.

    Raises EngineError where onnxruntime or the file is missing, and for a network of another kind.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineError(
            "A matting model needs the package onnxruntime: pip install '.[matting]'."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise EngineError(f"The matting model {path} cannot be used: {error}") from error
    entries = session.get_inputs()
    shape = list(entries[0].shape) if entries else []
    if len(entries) != 1 or len(shape) != 4 or shape[1] != 3 or "float" not in entries[0].type:
        raise EngineError(
            f"The matting model {path} must take one picture, float32 [1, 3, height, width]."
        )
    fixed = [side if isinstance(side, int) and side > 0 else 0 for side in shape[2:]]

    def run(picture: Pixels, box: Box) -> Array:
        width, height = _size(picture.shape[1], picture.shape[0], fixed)
        small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        planes = (small.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
        try:
            answer = np.asarray(session.run(None, {entries[0].name: planes})[0], np.float32)
        except Exception as error:
            raise EngineError(f"The matting model {path} failed: {error}") from error
        if answer.shape not in ((1, 1, height, width), (1, height, width)):
            raise EngineError(
                f"The matting model {path} must give one plane of shares, "
                f"[1, 1, {height}, {width}]; it gave {list(answer.shape)}."
            )
        coarse = np.clip(np.nan_to_num(answer.reshape(height, width)), 0, 1)
        known = np.full(coarse.shape, 128, np.uint8)
        known[coarse > 1 - _SURE], known[coarse < _SURE] = 255, 0
        return carried(picture, small, coarse, known)

    return run


def _size(width: int, height: int, fixed: list[int]) -> tuple[int, int]:
    """(width, height) that a picture is shown to the network in."""
    factor = _SHORTER / min(width, height)
    free = [max(1, round(side * factor / _MULTIPLE)) * _MULTIPLE for side in (width, height)]
    return fixed[1] or free[0], fixed[0] or free[1]
