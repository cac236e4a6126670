"""Where the head lies in a picture that is cut as `CropSettings` says."""

from __future__ import annotations

import torch
from torch import Tensor

from generation.engine.recipe import CropSettings


def head_map(crop: CropSettings, size: tuple[int, int]) -> Tensor:
    """[h, w]: 1 on the head, 0 away from it, soft between."""
    height, width = size
    y = (torch.arange(height) + 0.5)[:, None] / height - (crop.eye_y + 0.15 * crop.eye_distance)
    x = (torch.arange(width) + 0.5)[None] / width - crop.eye_x
    reach = ((x / (1.8 * crop.eye_distance)) ** 2 + (y / (2.1 * crop.eye_distance)) ** 2).sqrt()
    return torch.sigmoid((1 - reach) * 8)
