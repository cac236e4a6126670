"""One person the usual way, in a process of their own: the recipe of diffusers' DreamBooth
LoRA script. Plain PEFT on attention, a fixed number of steps at one rate, pictures and captions
encoded again at each step, candidates drawn one by one."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch
from diffusers import DDPMScheduler, StableDiffusionXLPipeline
from peft import LoraConfig
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from generation.engine.recipe import read_recipe
from generation.engine.specs import LookSpec


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--candidates", type=int, default=16)
    options = parser.parse_args()
    recipe = read_recipe(options.base)
    side = recipe.resolution
    torch.manual_seed(0)
    pipe = StableDiffusionXLPipeline.from_pretrained(options.base, dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    noise = DDPMScheduler.from_config(pipe.scheduler.config)
    for part in (pipe.vae, pipe.text_encoder, pipe.text_encoder_2, pipe.unet):
        part.requires_grad_(False)
    attention = ["to_k", "to_q", "to_v", "to_out.0"]
    pipe.unet.add_adapter(LoraConfig(r=16, lora_alpha=16, target_modules=attention))
    learning = [p for p in pipe.unet.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=1e-4, weight_decay=1e-2)
    pictures = torch.stack(
        [
            torch.tensor(list(Image.open(path).convert("RGB").resize((side, side)).tobytes()))
            .view(side, side, 3)
            .permute(2, 0, 1)
            / 127.5
            - 1
            for path in options.photos
        ]
    )
    size = torch.tensor([[side, side, 0, 0, side, side]], dtype=torch.float32)
    start = time.perf_counter()
    for _ in range(options.steps):
        rows = pictures[torch.randint(len(pictures), (options.batch,))]
        with torch.no_grad():
            latents = pipe.vae.encode(rows).latent_dist.sample() * pipe.vae.config.scaling_factor
            text, _, pooled, _ = pipe.encode_prompt(
                recipe.selfie_caption(), do_classifier_free_guidance=False
            )
        grain = torch.randn_like(latents)
        times = torch.randint(len(noise.alphas_cumprod), (options.batch,))
        found = pipe.unet(
            noise.add_noise(latents, grain, times),
            times,
            encoder_hidden_states=text.expand(options.batch, -1, -1),
            added_cond_kwargs={
                "text_embeds": pooled.expand(options.batch, -1),
                "time_ids": size.expand(options.batch, -1),
            },
        ).sample
        velocity = noise.config.prediction_type == "v_prediction"
        target = noise.get_velocity(latents, grain, times) if velocity else grain
        torch.nn.functional.mse_loss(found, target).backward()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    print(f"trained {time.perf_counter() - start:.1f}")
    prompt = recipe.headshot_prompt(LookSpec("navy suit", "studio grey"))
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in range(options.candidates):
        pipe(
            prompt,
            num_inference_steps=recipe.sample.steps,
            guidance_scale=recipe.sample.guidance,
            guidance_rescale=recipe.sample.rescale,
            generator=torch.Generator().manual_seed(1000 + seed),
        ).images[0].save(options.out / f"{seed:02d}.png")


if __name__ == "__main__":
    main()
