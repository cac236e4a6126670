"""What every family of base models offers to training and sampling.

The rest of the engine handles conditioning and latents as opaque rows, so that another
architecture is one more class here and its entry in `FAMILIES`, and nothing else. Two things it
takes for granted, both in `guidance`, and only where a base model asks for `person_guidance`: with
guidance, `draw` calls the denoiser once a step with the negative prompt's rows and then the
prompt's, with the time as `timestep` or as the second argument and all else that has rows by name;
and the denoiser gives a tuple, what it predicts first, laid out as latents are. A distilled model
that is drawn without guidance knows no such halves, and leaves `person_guidance` empty.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from generation.engine.recipe import Recipe

# Named tensors with one row a picture, [n, ...] each.
Conditioning = dict[str, Tensor]


def join(rows: Sequence[Conditioning]) -> Conditioning:
    """Several conditionings as one, their rows in order."""
    return {key: torch.cat([row[key] for row in rows]) for key in rows[0]}


class Family(ABC):
    """A loaded base model."""

    #: Adapters are injected into this module; its calls carry one row a picture, or a
    #: whole multiple of rows (the halves of guidance).
    denoiser: nn.Module
    #: Where this family's adapter weights are kept in files (diffusers' key prefix).
    prefix: str
    #: The time that the denoiser is told for pure noise; it falls towards 0.
    noisiest: float
    #: How many places high and wide a picture is in latents.
    grid: tuple[int, int]

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, recipe: Recipe, device: torch.device, dtype: torch.dtype) -> Family:
        """Open the weights in `folder`; offline."""

    @abstractmethod
    def parts(self) -> Mapping[str, nn.Module]:
        """All weights by the name of their folder."""

    @abstractmethod
    def encode_prompt(self, prompt: str | None) -> Conditioning:
        """One row; None is what guidance leads away from when there is no negative prompt."""

    @abstractmethod
    def encode_images(self, pixels: Tensor) -> Tensor:
        """Latents [n, …] (float32, CPU) of pixels [n, 3, H, W] in -1..1."""

    def laid_out(self, places: Tensor) -> Tensor:
        """A value for each place of `grid`, [n, 1, h, w], as latents are laid out, so that it can
        be multiplied with them. This is for latents [n, c, h, w]."""
        return places

    @abstractmethod
    def losses(
        self,
        latents: Tensor,
        conditioning: Conditioning,
        noise: Tensor,
        moments: Tensor,
        weights: Tensor | None = None,
        snr_gamma: float = 0.0,
    ) -> Tensor:
        """Denoising loss of each row, [n] float32.

        `moments` [n] in 0..1 choose the noise level, 1 the noisiest. `weights` weigh the places of
        the picture, a row each as `laid_out` gives it, mean 1.
        """

    @abstractmethod
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
        """One picture a row, None for a row whose values are no numbers; a row's chance comes
        from its own seed alone."""
