"""The kinds of base model the engine knows. Imports no torch until one is loaded."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generation.engine.families.interface import Family


@dataclass(frozen=True)
class FamilyFiles:
    """What a base model folder of a family must hold, known without opening weights.

    `parts` maps folder to the class its config names; `configs` to values it must have;
    `tokenizers` the folder of each to that of the encoder which reads its tokens. The sides of its
    pictures are multiples of `multiple` pixels.
    """

    pipeline: str
    parts: Mapping[str, str]
    configs: Mapping[str, Mapping[str, object]]
    others: tuple[str, ...]
    tokenizers: Mapping[str, str]
    multiple: int
    code: str

    def loader(self) -> type[Family]:
        """The class that runs this family; imports torch."""
        module, _, name = self.code.partition(":")
        found: type[Family] = getattr(importlib.import_module(module), name)
        return found


FAMILIES: dict[str, FamilyFiles] = {
    "sdxl": FamilyFiles(
        pipeline="StableDiffusionXLPipeline",
        parts={
            "unet": "UNet2DConditionModel",
            "vae": "AutoencoderKL",
            "text_encoder": "CLIPTextModel",
            "text_encoder_2": "CLIPTextModelWithProjection",
        },
        configs={"unet": {"addition_embed_type": "text_time"}},
        others=(
            "tokenizer/tokenizer_config.json",
            "tokenizer_2/tokenizer_config.json",
            "scheduler/scheduler_config.json",
        ),
        tokenizers={"tokenizer": "text_encoder", "tokenizer_2": "text_encoder_2"},
        multiple=8,
        code="generation.engine.families.sdxl:Sdxl",
    ),
}
