"""Bound the kernels that torch keeps in memory, before torch is imported."""

import os

# torch keeps code for each shape of batch that it has met, a quarter of a megabyte each
# and 1,024 of them: a process could grow by 200 MB.
_SETTING, _KEPT = "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128"


def bound_kernels() -> None:
    """Let torch keep fewer kernels, here and in processes begun from here.

    What the environment says already stands.
    """
    if not os.environ.get(_SETTING):
        os.environ[_SETTING] = _KEPT
