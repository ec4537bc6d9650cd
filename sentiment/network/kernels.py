"""Bound torch's cache of kernels."""

import os

# torch (oneDNN) caches compiled code for each shape of batch, by default 1,024 entries
# of a quarter of a megabyte: a process could grow by 200 MB.
_SETTING, _KEPT = "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128"


def bound_kernels() -> None:
    """Bound torch's cache of kernels, in this process and its children.

    A value that is already set in the environment stays.
    """
    if not os.environ.get(_SETTING):
        os.environ[_SETTING] = _KEPT
