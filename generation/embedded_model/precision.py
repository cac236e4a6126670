"""Which precision is fast: half where the device has it in hardware, else full.

A CPU without bfloat16 instructions emulates them at a quarter of its float32 speed.
"""

from __future__ import annotations

import torch


def has_half(device: str) -> bool:
    """Whether `device` ("cpu", "cuda", …) multiplies bfloat16 in hardware."""
    if device != "cpu":
        return True
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))


def autocast(device: str) -> torch.autocast:
    """bfloat16 on `device` if it `has_half`, else nothing."""
    return torch.autocast(device, torch.bfloat16, enabled=has_half(device))
