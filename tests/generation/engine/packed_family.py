"""A second family of base models, for tests: as unlike SDXL as a class of its own can be made of
the tiny one's weights.

Its latents are tokens [n, places, channels], four neighbours in each, as FLUX has them; it learns a
straight flow between picture and noise, and draws by a loop of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from generation.engine.families import FAMILIES, FamilyFiles
from generation.engine.families.interface import Conditioning, Family
from generation.engine.families.sdxl import Sdxl
from generation.engine.recipe import Recipe

FILES = FamilyFiles(
    **{
        **vars(FAMILIES["sdxl"]),
        "multiple": 4,
        "code": "tests.generation.engine.packed_family:Packed",
    }
)


class Tokens(nn.Module):
    """A denoiser of tokens."""

    def __init__(self, net: nn.Module, grid: tuple[int, int]) -> None:
        super().__init__()
        self.net = net
        self.grid = grid

    def forward(self, tokens: Tensor, timestep: Tensor, **named: Any) -> tuple[Tensor]:
        made = self.net(
            unpack(tokens, self.grid),
            timestep * 1000,
            encoder_hidden_states=named["text"],
            added_cond_kwargs={"text_embeds": named["pooled"], "time_ids": named["ids"]},
            return_dict=False,
        )[0]
        return (pack(made),)


def pack(latents: Tensor) -> Tensor:
    """[n, c, 2h, 2w] as [n, h * w, 4c]."""
    return nn.functional.pixel_unshuffle(latents, 2).flatten(2).transpose(1, 2)


def unpack(tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """The other way round."""
    return nn.functional.pixel_shuffle(tokens.transpose(1, 2).unflatten(2, grid), 2)


class Packed(Family):
    """See above."""

    prefix = "transformer"
    noisiest = 1.0

    def __init__(self, inner: Sdxl) -> None:
        self.inner = inner
        self.grid = (inner.grid[0] // 2, inner.grid[1] // 2)
        self.denoiser = Tokens(inner.denoiser, self.grid)

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, device: torch.device, dtype: torch.dtype) -> Packed:
        return cls(Sdxl.load(folder, recipe, device, dtype))

    def parts(self) -> Mapping[str, nn.Module]:
        return self.inner.parts()

    def encode_prompt(self, prompt: str | None) -> Conditioning:
        return self.inner.encode_prompt(prompt)

    def encode_images(self, pixels: Tensor) -> Tensor:
        return pack(self.inner.encode_images(pixels))

    def laid_out(self, places: Tensor) -> Tensor:
        return places.flatten(2).transpose(1, 2)

    def _ask(self, tokens: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        ids = self.inner.time_ids.expand(len(tokens), -1)
        found: Tensor = self.denoiser(tokens, timestep=times, ids=ids, **conditioning)[0]
        return found

    def losses(
        self,
        latents: Tensor,
        conditioning: Conditioning,
        noise: Tensor,
        moments: Tensor,
        weights: Tensor | None = None,
        snr_gamma: float = 0.0,
    ) -> Tensor:
        level = moments[:, None, None]
        found = self._ask((1 - level) * latents + level * noise, moments, conditioning)
        error = (found - (noise - latents)) ** 2
        if weights is not None:
            error = error * weights
        return error.mean(dim=(1, 2))

    @torch.inference_mode()
    def draw(
        self,
        conditioning: Conditioning,
        negative: Conditioning,
        seeds: Sequence[int],
        steps: int,
        guidance: float,
        rescale: float,
        on_step: Callable[[], None] | None = None,
    ) -> list[Image.Image | None]:
        count, places = len(seeds), self.grid[0] * self.grid[1]
        tokens = torch.stack(
            [torch.randn((places, 16), generator=torch.Generator().manual_seed(s)) for s in seeds]
        )
        both = {
            key: torch.cat((negative[key].expand(count, *value.shape[1:]), value))
            for key, value in conditioning.items()
        }
        levels = torch.linspace(1, 0, steps + 1)
        for level, after in pairwise(levels):
            away, towards = self._ask(tokens.repeat(2, 1, 1), level, both).chunk(2)
            tokens = tokens + (after - level) * (away + guidance * (towards - away))
            if on_step is not None:
                on_step()
        vae = self.inner.pipe.vae
        made = vae.decode(unpack(tokens, self.grid) / vae.config.scaling_factor).sample
        rows = ((made / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
        return [Image.fromarray(row.permute(1, 2, 0).numpy()) for row in rows]
