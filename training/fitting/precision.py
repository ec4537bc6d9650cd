"""The precision that a fit computes in."""

from contextlib import AbstractContextManager

import torch

from sentiment.config import PrecisionChoice
from sentiment.network.precision import processor_has_bfloat16


def autocast(
    device: torch.device, precision: PrecisionChoice
) -> AbstractContextManager[object]:
    """Return a context in which a processor's matrix products are of ``precision``.

    bfloat16 keeps float32's range, so that no loss needs scaling; weights, gradients
    and the optimiser stay in float32. It is taken only where the processor has it,
    whatever is asked for: elsewhere it is emulated at a loss, or torch has no kernel.
    On a GPU it is :func:`set_products` that counts.
    """
    wanted = precision != "float32" and device.type == "cpu" and has_bfloat16(device)
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=wanted)


def set_products(precision: PrecisionChoice) -> None:
    """Let a GPU's matrix products be of float32, or of anything shorter in TF32.

    TF32 has float32's range and bfloat16's price, near enough. Under autocast cuDNN's
    RNNs would compute in float16 whatever it is asked for, in which the gradients of a
    long text's first tokens are zero.
    """
    short = precision != "float32"
    torch.set_float32_matmul_precision("high" if short else "highest")
    torch.backends.cudnn.allow_tf32 = short


def has_bfloat16(device: torch.device) -> bool:
    """Say whether ``device`` multiplies bfloat16 itself."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return processor_has_bfloat16()
