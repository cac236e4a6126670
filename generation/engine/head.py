"""Where head and face lie in a picture that is cut as `CropSettings` says."""

from __future__ import annotations

import torch
from torch import Tensor

from generation.engine.recipe import CropSettings


def head_map(crop: CropSettings, size: tuple[int, int]) -> Tensor:
    """[h, w]: 1 on the head, 0 away from it, soft between."""
    return _oval(crop, size, below_eyes=0.15, wide=1.8, high=2.1)


def face_map(crop: CropSettings, size: tuple[int, int]) -> Tensor:
    """[h, w]: 1 from brows to chin and cheek to cheek, 0 away from there, soft between."""
    return _oval(crop, size, below_eyes=0.45, wide=1.15, high=1.44)


def _oval(
    crop: CropSettings, size: tuple[int, int], below_eyes: float, wide: float, high: float
) -> Tensor:
    """An oval `below_eyes` the middle between the eyes, reaching `wide` to each side and `high` up
    and down, in distances between the eyes."""
    height, width = size
    middle = crop.eye_y + below_eyes * crop.eye_distance
    y = (torch.arange(height) + 0.5)[:, None] / height - middle
    x = (torch.arange(width) + 0.5)[None] / width - crop.eye_x
    reach = ((x / (wide * crop.eye_distance)) ** 2 + (y / (high * crop.eye_distance)) ** 2).sqrt()
    return torch.sigmoid((1 - reach) * 8)
