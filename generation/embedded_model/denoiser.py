"""Second stage of the training: the UNet and both text encoders on cached latents.

v-prediction on a schedule with zero terminal SNR; the loss weight min(SNR + 1, 6) / (SNR + 1)
is min-SNR-5 for v-prediction kept at 1 where noise dominates, so that pure noise is learned
too. The face weighs more than the rest of the picture (`feature_weight`). Step n draws its batch,
noise and caption dropout from seed and n alone: a resumed run equals one that never stopped.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, StableDiffusionXLPipeline
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, distributed

from generation.embedded_model import contact, dataset, layout
from generation.embedded_model.autoencoder import Say, feature_weight
from generation.embedded_model.optim import MuonAdamW
from generation.embedded_model.precision import autocast

TRAINED = ("unet", "text_encoder", "text_encoder_2")
# Memory of the running averages: long at a constant rate, short when the rate itself falls.
EMA = 0.999
EMA_ANNEAL = 0.996
DROP_ZERO = 0.08
DROP_EMPTY = 0.03


@dataclass
class Data:
    """Latents (n, 2, 4, 24, 24) fp16, plain and mirrored, and token ids (n + 1, tokens).

    The last row of the ids is the empty caption.
    """

    latents: np.ndarray
    ids: Tensor

    @classmethod
    def load(cls, pictures: Path, tokenizer: Any) -> Data:
        """All chunks of `pictures` whose latents are written."""
        ready = [
            c for c in dataset.chunks(pictures) if (pictures / f"latents_{c:04d}.npy").exists()
        ]
        latents = np.concatenate([np.load(pictures / f"latents_{c:04d}.npy") for c in ready])
        captions = [words for c in ready for words in dataset.load_captions(pictures, c)]
        return cls(latents, tokens(tokenizer, [*captions, ""]))


def tokens(tokenizer: Any, captions: list[str]) -> Tensor:
    """Token ids (n, layout.MAX_TOKENS) of `captions`, padded as the pipeline pads."""
    found = tokenizer(
        captions,
        padding="max_length",
        max_length=layout.MAX_TOKENS,
        truncation=True,
        return_tensors="pt",
    )
    ids: Tensor = found.input_ids
    return ids


def embed(pipe: StableDiffusionXLPipeline, ids: Tensor) -> tuple[Tensor, Tensor]:
    """SDXL's two embeddings of token ids (n, t): per token (n, t, 256) and pooled (n, 128)."""
    first = pipe.text_encoder(ids, output_hidden_states=True)
    second = pipe.text_encoder_2(ids, output_hidden_states=True)
    return torch.cat((first.hidden_states[-2], second.hidden_states[-2]), -1), second.text_embeds


class Run:
    """One training run in `folder`, going on from its newest checkpoint."""

    def __init__(
        self,
        folder: Path,
        vae: AutoencoderKL,
        batch: int,
        device: str,
        say: Say,
        seed: int = 0,
        rate: float = 1.0,
        rank: int = 0,
        ranks: int = 1,
        pipe: StableDiffusionXLPipeline | None = None,
        compiled: bool = False,
    ) -> None:
        self.folder = folder
        self.batch = batch
        self.device = device
        self.say = say
        self.seed = seed
        self.rank = rank
        self.ranks = ranks
        self.step = 0
        self.samples = 0
        self.seconds = 0.0
        self.stopped = False
        self.average = EMA
        self.pipe = pipe if pipe is not None else layout.pipeline(seed)
        # On a CPU, fused attention over so few tokens takes five times as long backwards.
        if device == "cpu":
            self.pipe.unet.set_attn_processor(AttnProcessor())
        self.pipe.vae = vae.eval().requires_grad_(False)
        for part in TRAINED:
            getattr(self.pipe, part).to(device).train()
        self.unet = torch.compile(self.pipe.unet) if compiled else self.pipe.unet
        self.weights = {
            f"{part}.{name}": weight
            for part in TRAINED
            for name, weight in getattr(self.pipe, part).named_parameters()
        }
        self.ema = {name: weight.detach().clone() for name, weight in self.weights.items()}
        self.optimiser = MuonAdamW(
            self.weights.items(), 0.02 * rate, 1e-3 * rate, rank=rank, ranks=ranks
        )
        self.data = Data.load(folder / "pictures", self.pipe.tokenizer)
        products = self.pipe.scheduler.alphas_cumprod.to(device)
        self.signal, self.noise = products.sqrt(), (1 - products).sqrt()
        ratio = products / (1 - products)
        self.weight = torch.clamp(ratio + 1, max=6) / (ratio + 1)
        self.where = feature_weight(self.data.latents.shape[-1]).to(device)
        if self.checkpoint.exists():
            self.restore()
        count = sum(weight.numel() for weight in self.weights.values()) / 1e6
        say(f"{len(self.data.latents)} pictures, {count:.1f} M weights, step {self.step}")

    @property
    def checkpoint(self) -> Path:
        """Where the constant-rate run is kept."""
        return self.folder / "run.pt"

    def save(self, target: Path | None = None) -> None:
        """Write the checkpoint, or the same to `target`; whole or not at all."""
        state = {
            "step": self.step,
            "samples": self.samples,
            "seconds": self.seconds,
            "weights": {name: weight.detach() for name, weight in self.weights.items()},
            "ema": self.ema,
            "optimiser": self.optimiser.state_dict(),
        }
        target = target or self.checkpoint
        part = target.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, target)

    def restore(self) -> None:
        """Take up the checkpoint."""
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(state["weights"][name])
                self.ema[name].copy_(state["ema"][name])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.samples = state["step"], state["samples"]
        self.seconds = state["seconds"]

    def train_step(self, scale: float = 1.0) -> float:
        """One step at `scale` times the rate; returns the unweighted mean v-loss."""
        g = torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)
        n, count = self.batch, len(self.data.latents)
        rows = torch.randint(count, (n,), generator=g)
        flips = torch.randint(2, (n,), generator=g)
        # One time from each of n equal spans: less variance than n free draws.
        spans = (torch.arange(n) + torch.rand(n, generator=g)) / n
        times = (spans * len(self.signal)).long().clamp(max=len(self.signal) - 1)
        noise = torch.randn((n, *self.data.latents.shape[2:]), generator=g)
        drop = torch.rand(n, generator=g)
        # Every process draws the whole batch and works on its share of it.
        mine = slice(self.rank, None, self.ranks)
        rows, flips, drop = rows[mine], flips[mine], drop[mine]
        times, noise = times[mine].to(self.device), noise[mine].to(self.device)
        clean = torch.from_numpy(self.data.latents[rows.numpy(), flips.numpy()]).float()
        clean = clean.to(self.device)
        rows[drop < DROP_EMPTY] = len(self.data.ids) - 1
        keep = (drop < 1 - DROP_ZERO).float().to(self.device)
        signal, blur = (v[times][:, None, None, None] for v in (self.signal, self.noise))
        noisy, target = signal * clean + blur * noise, signal * noise - blur * clean
        size = float(layout.RESOLUTION)
        frame = torch.tensor((size, size, 0, 0, size, size), device=self.device)
        frame = frame.expand(len(rows), 6)
        with autocast(self.device):
            text, pooled = embed(self.pipe, self.data.ids[rows].to(self.device))
            made = self.unet(
                noisy,
                times,
                text * keep[:, None, None],
                added_cond_kwargs={"text_embeds": pooled * keep[:, None], "time_ids": frame},
            ).sample
        squared = (made.float() - target) ** 2
        loss = (squared * self.where).mean((1, 2, 3)) * self.weight[times]
        (loss.mean() / self.ranks).backward()
        if self.ranks > 1:
            self._share_gradients()
        self.optimiser.step(scale * min(1.0, (self.step + 1) / 100))
        self.step += 1
        self.samples += n
        decay = min(self.average, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            names = list(self.weights)
            torch._foreach_lerp_(
                [self.ema[name] for name in names],
                [self.weights[name].detach() for name in names],
                1 - decay,
            )
        return float(squared.mean().detach())

    def _share_gradients(self) -> None:
        """Sum the gradients of all processes in one message."""
        grads = [w.grad for w in self.weights.values() if w.grad is not None]
        flat = torch.cat([grad.flatten() for grad in grads])
        distributed.all_reduce(flat)
        at = 0
        for grad in grads:
            grad.copy_(flat[at : at + grad.numel()].view_as(grad))
            at += grad.numel()

    def _ends(self, late: bool) -> bool:
        """Whether to stop: any process may have been asked to, and all stop at one step."""
        if self.ranks == 1:
            return late or self.stopped
        flag = torch.tensor(float(late or self.stopped))
        distributed.all_reduce(flag)
        return bool(flag > 0)

    def go(self, minutes: float, sheet_minutes: float, save_minutes: float) -> None:
        """Train at the constant rate for `minutes`, saving and drawing sheets on the way."""
        start = saved = drawn = told = time.monotonic()
        losses: list[float] = []
        before = self.seconds
        while not self._ends(time.monotonic() - start > 60 * minutes):
            losses.append(self.train_step())
            now = time.monotonic()
            self.seconds = before + now - start
            if len(losses) == 50:
                speed = 50 * self.batch / (now - told)
                self.say(
                    f"step {self.step} samples {self.samples} v-loss {np.mean(losses):.4f} "
                    f"{speed:.1f}/s"
                )
                losses, told = [], now
            if self.rank:
                continue
            if now - saved > 60 * save_minutes:
                self.save()
                saved = now
            if now - drawn > 60 * sheet_minutes:
                self.sheet(self.folder / "sheets" / f"{self.samples:08d}.png")
                drawn = told = time.monotonic()
                losses = []
        if self.rank == 0:
            self.save()

    def anneal(self, steps: int, target: Path) -> None:
        """Lower the rate to zero over `steps`, then write the averaged model to `target`.

        The rate falls as 1 - sqrt(share). The run's own checkpoint stays as it is; the
        annealed state is kept beside it in anneal.pt.
        """
        self.average = EMA_ANNEAL
        losses: list[float] = []
        for at in range(steps):
            losses.append(self.train_step(1 - (at / steps) ** 0.5))
            if len(losses) == 50:
                self.say(f"anneal {at + 1} of {steps} v-loss {np.mean(losses):.4f}")
                losses = []
            if at % 150 == 149 and self.rank == 0:
                self.save(self.folder / "anneal.pt")
        if self.rank:
            return
        self.sheet(self.folder / "sheets" / f"{self.samples:08d}_annealed.png")
        self.export(target)

    def swap(self) -> None:
        """Exchange the weights with their running averages."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                mine = weight.detach().clone()
                weight.copy_(self.ema[name])
                self.ema[name].copy_(mine)

    def sheet(self, target: Path) -> None:
        """Write a contact sheet of the averaged model."""
        self.swap()
        try:
            contact.write_sheet(self.pipe, target)
        finally:
            self.swap()

    def export(self, target: Path) -> Path:
        """Write the averaged model in fp16 as a pipeline folder; the run cannot go on after."""
        self.swap()
        for part in (*TRAINED, "vae"):
            getattr(self.pipe, part).to("cpu", torch.float16).eval()
        self.say(f"exported to {target}")
        return layout.save(self.pipe, target, name="embedded")
