"""What the engine has to know about the embedded model (written to engine.json)."""

from __future__ import annotations

from typing import Any

from generation.embedded_model import vocabulary

LORA_TARGETS = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "ff.net.0.proj",
    "ff.net.2",
    "proj_in",
    "proj_out",
    "conv1",
    "conv2",
    "time_emb_proj",
    "conv_shortcut",
    "conv_in",
    "conv_out",
)


def engine_settings(name: str) -> dict[str, Any]:
    """The content of engine.json for a base model called `name`.

    `crop` says how training pictures were cut (shares of the picture's side): faces stand
    upright with the middle between the eyes at `eye_x`, `eye_y` and the eyes `eye_distance`
    apart, so selfies must be cut the same way before they train an adapter.
    """
    return {
        "name": name,
        "family": "sdxl",
        "illustrated": True,
        "resolution": 96,
        "token": vocabulary.TOKEN,
        "class_noun": vocabulary.NOUN,
        "crop": {
            "eye_x": 0.5,
            "eye_y": 0.43,
            "eye_distance": 0.23,
            "jitter": 0.02,
            "zooms": [1.0],
            "focus": 0.2,
            "face": 5.0,
        },
        "lora": {
            "rank": 16,
            "alpha": 16,
            "targets": list(LORA_TARGETS),
            "learning_rate": 2e-3,
            "steady_beta2": 0.95,
            "schedule": "cosine",
            "steps": 100,
            "batch": 8,
            "warmup": 5,
            "checkpoint_every": 20,
            "hold_out": 1,
            "judge_images": 4,
            "judge_from": 0.75,
            "patience": 0,
        },
        "sample": {
            "steps": 12,
            "guidance": 2.5,
            "rescale": 0.5,
            "batch": 16,
            "candidates": 8,
            "person_guidance": [1.8, 2.4],
            "person_from": 0.2,
            "person_apart": 1.0,
        },
        "gate": {
            "likeness_global": 0.46,
            "likeness_floor": 0.44,
            "margin": 0.05,
            "enlarge_to": 384,
        },
        "photos": {"same_person": 0.35},
        "prompt": {
            "headshot": "headshot of {token} {noun}, {expression}, {attire}, {backdrop}, {light}",
            "selfie": "selfie of {token} {noun}",
            "captions": False,
            "negative": None,
        },
    }
