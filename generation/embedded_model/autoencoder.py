"""First stage of the training: the autoencoder, then the latents of every picture."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from generation.embedded_model import dataset, layout
from generation.embedded_model.optim import MuonAdamW
from generation.embedded_model.precision import autocast

KL_WEIGHT = 5e-4
Say = Callable[[str], None]


def to_tensor(pictures: np.ndarray) -> Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def face_weight(side: int) -> Tensor:
    """(1, 1, side, side) loss weights of mean 1, about twice as high on the face."""
    axis = (torch.arange(side) + 0.5) / side
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    weight = 1 + 1.5 * torch.exp(-(((x - 0.5) / 0.24) ** 2) - ((y - 0.5) / 0.27) ** 2)
    return (weight / weight.mean())[None, None]


def feature_weight(side: int) -> Tensor:
    """(1, 1, side, side) loss weights of mean 1: the face three times the rest, the band of
    the eyes seven times and the mouth five, as identity is read there and both are small."""
    axis = (torch.arange(side) + 0.5) / side
    y, x = torch.meshgrid(axis, axis, indexing="ij")

    def spot(down: float, wide: float, high: float) -> Tensor:
        return torch.exp(-(((x - 0.5) / wide) ** 2) - ((y - down) / high) ** 2)

    weight = 1 + 2 * spot(0.5, 0.24, 0.27) + 4 * spot(0.43, 0.2, 0.07) + 2 * spot(0.66, 0.12, 0.06)
    return (weight / weight.mean())[None, None]


def reconstruction_loss(made: Tensor, real: Tensor, weight: Tensor) -> Tensor:
    """L1 + half the L1 of the gradients + MSE, weighted over the picture."""
    gap = made - real
    loss = (weight * (gap.abs() + gap * gap)).mean()
    across = (gap[..., :, 1:] - gap[..., :, :-1]).abs() * weight[..., :, 1:]
    down = (gap[..., 1:, :] - gap[..., :-1, :]).abs() * weight[..., 1:, :]
    return loss + 0.5 * (across.mean() + down.mean())


def train_autoencoder(
    pictures: Path, target: Path, minutes: float, device: str, say: Say, seed: int = 0
) -> AutoencoderKL:
    """Train the autoencoder for `minutes` and save it to `target`; loads it if it is there.

    Crops of 64 pixels first, whole pictures for the last third, rate falling to zero.
    """
    if target.exists():
        loaded: AutoencoderKL = AutoencoderKL.from_pretrained(target)
        return loaded.to(device)
    torch.manual_seed(seed)
    vae = layout.vae().to(device)
    optimiser = MuonAdamW(vae.named_parameters(), muon_rate=0.015)
    g = np.random.default_rng(seed)
    whole_weight = face_weight(dataset.SIZE).to(device)
    start = time.monotonic()
    step, chunk = 0, -1
    data: NDArray[np.uint8] = np.empty(0, np.uint8)
    while (share := (time.monotonic() - start) / (60 * minutes)) < 1:
        if step % 100 == 0:
            ready = dataset.chunks(pictures)
            chunk = ready[(step // 100) % len(ready)]
            data = np.array(dataset.load_pictures(pictures, chunk))
        rows = g.integers(len(data), size=16)
        batch, weight = data[rows], whole_weight
        if share < 0.65:
            top, left = g.integers(dataset.SIZE - 64 + 1, size=2)
            batch = batch[:, top : top + 64, left : left + 64]
            weight = whole_weight[..., top : top + 64, left : left + 64]
        if g.uniform() < 0.5:
            batch = batch[:, :, ::-1]
        real = to_tensor(batch).to(device)
        with autocast(device):
            spread = vae.encode(real).latent_dist
            made = vae.decode(spread.sample()).sample
        loss = reconstruction_loss(made.float(), real, weight)
        kl = 0.5 * (spread.mean**2 + spread.var - 1 - spread.logvar).float().mean()
        (loss + KL_WEIGHT * kl).backward()
        warm = min(1.0, (step + 1) / 50)
        fall = 1.0 if share < 0.5 else 0.5 * (1 + math.cos(math.pi * (share - 0.5) / 0.5))
        optimiser.step(warm * max(0.02, fall))
        if step % 50 == 0:
            mse = float(((made.float() - real).detach() ** 2).mean()) / 4
            say(f"vae step {step} loss {loss:.4f} kl {kl:.2f} psnr {-10 * math.log10(mse):.2f}")
        step += 1
    vae.eval()
    data = np.array(dataset.load_pictures(pictures, dataset.chunks(pictures)[0]))[:256]
    with torch.no_grad():
        real = to_tensor(data).to(device)
        latents = vae.encode(real).latent_dist.mean
        mse = float(((vae.decode(latents).sample.clamp(-1, 1) - real) ** 2).mean()) / 4
    vae.register_to_config(scaling_factor=round(1 / float(latents.std()), 5))
    scale = vae.config.scaling_factor
    say(f"vae done: {step} steps, psnr {-10 * math.log10(mse):.2f}, scale {scale}")
    vae.save_pretrained(target)
    return vae


def _latents(pictures: Path, chunk: int) -> Path:
    return pictures / f"latents_{chunk:04d}.npy"


@torch.no_grad()
def encode_chunks(vae: AutoencoderKL, pictures: Path, say: Say) -> None:
    """Write scaled latents of chunks that lack them.

    A file holds pictures plain and mirrored: (n, 2, 4, 24, 24) fp16.
    """
    device = next(vae.parameters()).device
    lacking = [c for c in dataset.chunks(pictures) if not _latents(pictures, c).exists()]
    for chunk in lacking:
        target = _latents(pictures, chunk)
        data = np.array(dataset.load_pictures(pictures, chunk))
        both = []
        for batch in np.array_split(data, max(1, len(data) // 8)):
            pair = [to_tensor(batch), to_tensor(batch[:, :, ::-1])]
            with autocast(device.type):
                codes = [vae.encode(half.to(device)).latent_dist.mean for half in pair]
            both.append(torch.stack(codes, 1).float().cpu() * vae.config.scaling_factor)
        part = target.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, torch.cat(both).half().numpy())
        os.replace(part, target)
        say(f"latents of chunk {chunk} written")


def blend(made: Tensor) -> np.ndarray:
    """(n, 3, h, w) in -1..1 to (n, h, w, 3) uint8."""
    wide = functional.hardtanh(made.float()) * 127.5 + 127.5
    return wide.round().byte().permute(0, 2, 3, 1).cpu().numpy()
