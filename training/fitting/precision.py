"""The precision that a fit computes in."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

from sentiment.config import PrecisionChoice
from sentiment.network.precision import processor_has_bfloat16


def autocast(
    device: torch.device, precision: PrecisionChoice
) -> AbstractContextManager[object]:
    """Return a context in which a CPU's matrix products are of ``precision``.

    bfloat16 has float32's range, so that no loss needs scaling; weights, gradients and
    the optimiser stay in float32. It is used only if the CPU has it: otherwise it is
    emulated, which is slower, or torch has no kernel. For a GPU see
    :func:`products_in`.
    """
    wanted = precision != "float32" and device.type == "cpu" and has_bfloat16(device)
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=wanted)


@contextmanager
def products_in(precision: PrecisionChoice) -> Iterator[None]:
    """Let a GPU compute matrix products in float32, or for any other precision in TF32.

    TF32 has float32's range and costs about as little as bfloat16. Under autocast
    cuDNN's RNNs would compute in float16 whatever the precision, in which the gradients
    of a long text's first tokens vanish.
    """
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    short = precision != "float32"
    torch.set_float32_matmul_precision("high" if short else "highest")
    torch.backends.cudnn.allow_tf32 = short
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def has_bfloat16(device: torch.device) -> bool:
    """Say whether ``device`` has bfloat16 in hardware."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return processor_has_bfloat16()
