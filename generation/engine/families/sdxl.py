"""Stable Diffusion XL (Podell et al. 2023, arXiv:2307.01952) through diffusers' pipeline.

Noise prediction and v-prediction; the scheduler's config says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDPMScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.models.attention_processor import AttnProcessor
from PIL import Image
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from generation.engine.errors import EngineError
from generation.engine.families.interface import Conditioning, Family
from generation.engine.memory import out_of_memory, release
from generation.engine.recipe import Recipe
from generation.engine.weights import open_part

# From this picture size on, activations outgrow the weights and are made again instead.
_RECOMPUTE_FROM = 512

# What each part's folder holds, and what its weights are called there.
_MODELS: dict[str, tuple[Any, str]] = {
    "unet": (UNet2DConditionModel, "diffusion_pytorch_model"),
    "vae": (AutoencoderKL, "diffusion_pytorch_model"),
    "text_encoder": (CLIPTextModel, "model"),
    "text_encoder_2": (CLIPTextModelWithProjection, "model"),
}


class Sdxl(Family):
    """A StableDiffusionXLPipeline, its UNet open to adapters."""

    prefix = "unet"

    def __init__(self, pipe: Any, recipe: Recipe, device: torch.device, dtype: torch.dtype):
        self.pipe = pipe
        self.recipe = recipe
        self.device = device
        self.dtype = dtype
        self.denoiser = pipe.unet
        pipe.set_progress_bar_config(disable=True)
        pipe.to(device)
        for part in self.parts().values():
            part.requires_grad_(False)
            part.eval()
        if device.type == "cuda":
            pipe.unet.to(memory_format=torch.channels_last)
            pipe.vae.to(memory_format=torch.channels_last)
        if device.type == "cpu" and recipe.resolution < _RECOMPUTE_FROM:
            # Fused attention over so few tokens is slower backwards than the plain products.
            pipe.unet.set_attn_processor(AttnProcessor())
        if recipe.resolution >= _RECOMPUTE_FROM:
            pipe.unet.enable_gradient_checkpointing()
        ddpm: Any = DDPMScheduler
        noise = ddpm.from_config(pipe.scheduler.config)
        self.predicts = str(noise.config.prediction_type)
        if self.predicts not in ("epsilon", "v_prediction"):
            raise EngineError(f"The scheduler predicts “{self.predicts}”, which SDXL cannot train.")
        self.noisiest = float(noise.config.num_train_timesteps)
        self.alphas = noise.alphas_cumprod.to(device=device, dtype=torch.float32)
        places = recipe.resolution // int(pipe.vae_scale_factor)
        self.grid = (places, places)
        side = float(recipe.resolution)
        self.time_ids = torch.tensor([[side, side, 0.0, 0.0, side, side]], device=device)

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, device: torch.device, dtype: torch.dtype) -> Sdxl:
        models: dict[str, Any] = {
            name: open_part(kind, folder / name, stem, dtype=dtype)
            for name, (kind, stem) in _MODELS.items()
        }
        stock: Any = StableDiffusionXLPipeline
        pipe = stock.from_pretrained(
            folder, dtype=dtype, local_files_only=True, add_watermarker=False, **models
        )
        return cls(pipe, recipe, device, dtype)

    def parts(self) -> Mapping[str, nn.Module]:
        return {name: getattr(self.pipe, name) for name in _MODELS}

    @torch.no_grad()
    def encode_prompt(self, prompt: str | None) -> Conditioning:
        text, empty, pooled, empty_pooled = self.pipe.encode_prompt(
            prompt=prompt or "",
            device=self.device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=prompt is None,
        )
        if prompt is None:
            text, pooled = empty, empty_pooled
        return {"text": text.detach().clone(), "pooled": pooled.detach().clone()}

    @torch.no_grad()
    def encode_images(self, pixels: Tensor) -> Tensor:
        vae = self.pipe.vae
        rows, waiting, at_once = [], pixels, 8
        while len(waiting):
            try:
                moved = waiting[:at_once].to(self.device, vae.dtype)
                rows.append(vae.encode(moved).latent_dist.mode().float().cpu())
            except Exception as error:
                if not out_of_memory(error) or at_once == 1:
                    raise
                at_once //= 2
                release()
                continue
            waiting = waiting[at_once:]
        latents = torch.cat(rows) - (getattr(vae.config, "shift_factor", None) or 0.0)
        return latents * float(vae.config.scaling_factor)

    def losses(
        self,
        latents: Tensor,
        conditioning: Conditioning,
        noise: Tensor,
        moments: Tensor,
        weights: Tensor | None = None,
        snr_gamma: float = 0.0,
    ) -> Tensor:
        latents, noise = latents.to(self.device), noise.to(self.device)
        count = len(self.alphas)
        steps = (moments.to(self.device) * count).long().clamp(0, count - 1)
        alpha = self.alphas[steps]
        signal, spread = alpha.sqrt()[:, None, None, None], (1 - alpha).sqrt()[:, None, None, None]
        noisy = signal * latents + spread * noise
        velocity = self.predicts == "v_prediction"
        target = signal * noise - spread * latents if velocity else noise
        found = self.denoiser(
            noisy.to(self.dtype),
            steps,
            encoder_hidden_states=conditioning["text"],
            added_cond_kwargs={
                "text_embeds": conditioning["pooled"],
                "time_ids": self.time_ids.expand(len(latents), -1),
            },
            return_dict=False,
        )[0]
        error = (found.float() - target) ** 2
        if weights is not None:
            error = error * weights.to(self.device)
        loss: Tensor = error.mean(dim=(1, 2, 3))
        if snr_gamma > 0:
            # Min-SNR weighting (Hang et al. 2023, arXiv:2303.09556). Velocity keeps its full
            # weight in pure noise, where hair and skin colour are decided.
            snr = alpha / (1 - alpha).clamp(min=1e-8)
            if velocity:
                loss = loss * (snr + 1).clamp(max=snr_gamma + 1) / (snr + 1)
            else:
                loss = loss * snr.clamp(max=snr_gamma) / snr.clamp(min=1e-8)
        return loss

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
        def stepped(_pipe: Any, _step: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
            if on_step is not None:
                on_step()
            return values

        count = len(seeds)
        guided = guidance > 1
        pictures = self.pipe(
            prompt_embeds=conditioning["text"],
            pooled_prompt_embeds=conditioning["pooled"],
            negative_prompt_embeds=negative["text"].expand(count, -1, -1) if guided else None,
            negative_pooled_prompt_embeds=negative["pooled"].expand(count, -1) if guided else None,
            # On the CPU, so that a seed means the same noise on every device.
            generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
            num_inference_steps=steps,
            guidance_scale=guidance,
            guidance_rescale=rescale,
            height=self.recipe.resolution,
            width=self.recipe.resolution,
            output_type="pt",
            callback_on_step_end=stepped,
        ).images
        whole = torch.isfinite(pictures).all(dim=(1, 2, 3)).tolist()
        rows = (pictures.float().nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8)
        return [
            Image.fromarray(row.permute(1, 2, 0).cpu().numpy()) if good else None
            for row, good in zip(rows, whole, strict=True)
        ]
