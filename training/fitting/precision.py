"""The precision that a fit computes in."""

from contextlib import AbstractContextManager
from typing import Literal

import torch

Precision = Literal["auto", "float32", "bfloat16"]


def autocast(
    device: torch.device, precision: Precision
) -> AbstractContextManager[object]:
    """Return a context in which matrix products are of ``precision``.

    bfloat16 keeps float32's range, so that no loss needs scaling; weights, gradients
    and the optimiser stay in float32. ``auto`` takes it where the processor has it,
    elsewhere it is emulated and slow.
    """
    wanted = precision == "bfloat16" or (precision == "auto" and has_bfloat16(device))
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted)


def has_bfloat16(device: torch.device) -> bool:
    """Say whether ``device`` multiplies bfloat16 itself."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))
