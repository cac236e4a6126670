"""The shape of the embedded model: a stock SDXL pipeline folder, only small.

Sizes follow a trial on two CPU cores: 24 x 24 latents of a 96 px image (factor 4) and
channels (64, 128, 192) learn faces much sooner than a deeper compression does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

from generation.embedded_model import settings, vocabulary
from generation.embedded_model.bpe import learn_bpe

RESOLUTION = 96
LATENT = 24
MAX_TOKENS = 40
TEXT_WIDTH = 128
TIME_WIDTH = 16


def tokenizer() -> CLIPTokenizer:
    """A CLIP tokenizer in which every word of the vocabulary is exactly one token."""
    vocab, merges = learn_bpe(vocabulary.words())
    return CLIPTokenizer(
        vocab=vocab,
        merges=merges,
        unk_token="<|endoftext|>",  # noqa: S106
        bos_token="<|startoftext|>",  # noqa: S106
        eos_token="<|endoftext|>",  # noqa: S106
        pad_token="<|endoftext|>",  # noqa: S106
        model_max_length=MAX_TOKENS,
    )


def _text_config(tok: CLIPTokenizer) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tok),
        hidden_size=TEXT_WIDTH,
        intermediate_size=3 * TEXT_WIDTH,
        projection_dim=TEXT_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=MAX_TOKENS,
        hidden_act="gelu",
        bos_token_id=tok.bos_token_id,
        eos_token_id=tok.eos_token_id,
        pad_token_id=tok.pad_token_id,
    )


def vae() -> AutoencoderKL:
    """An untrained autoencoder: 3 x 96 x 96 in, 4 x 24 x 24 latents."""
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(24, 48, 64),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=RESOLUTION,
        scaling_factor=1.0,
        force_upcast=False,
        mid_block_add_attention=False,
    )


def unet() -> UNet2DConditionModel:
    """An untrained UNet with SDXL's text-and-time conditioning."""
    return UNet2DConditionModel(
        sample_size=LATENT,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(64, 128, 192),
        layers_per_block=1,
        transformer_layers_per_block=1,
        attention_head_dim=(2, 4, 6),
        cross_attention_dim=2 * TEXT_WIDTH,
        norm_num_groups=16,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=TIME_WIDTH,
        projection_class_embeddings_input_dim=6 * TIME_WIDTH + TEXT_WIDTH,
    )


def scheduler() -> EulerDiscreteScheduler:
    """Euler steps over a v-prediction schedule that ends in pure noise."""
    return EulerDiscreteScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
    )


def pipeline(seed: int = 0) -> StableDiffusionXLPipeline:
    """The whole pipeline with random weights, drawn from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tok = tokenizer()
        parts: dict[str, Any] = {
            "vae": vae(),
            "unet": unet(),
            "text_encoder": CLIPTextModel(_text_config(tok)),
            "text_encoder_2": CLIPTextModelWithProjection(_text_config(tok)),
        }
    return StableDiffusionXLPipeline(
        tokenizer=tok,
        tokenizer_2=tok,
        scheduler=scheduler(),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
        **parts,
    )


def save(pipe: StableDiffusionXLPipeline, folder: Path, *, name: str) -> Path:
    """Write `pipe` and its engine.json into `folder`; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    pipe.save_pretrained(folder, safe_serialization=True)
    for path in folder.rglob("config.json"):
        config = json.loads(path.read_text())
        # Where the part was loaded from is nobody else's business.
        config.pop("_name_or_path", None)
        path.write_text(json.dumps(config, indent=2) + "\n")
    text = json.dumps(settings.engine_settings(name), indent=2) + "\n"
    (folder / "engine.json").write_text(text)
    return folder


def build_random(folder: Path, seed: int = 0) -> Path:
    """Write a randomly initialised pipeline of the embedded model's exact layout.

    It draws noise, but it loads, trains and samples like the real one. Needs no network.
    """
    pipe = pipeline(seed)
    for part in (pipe.vae, pipe.unet, pipe.text_encoder, pipe.text_encoder_2):
        part.to(torch.float16)
    return save(pipe, folder, name="embedded-random")
