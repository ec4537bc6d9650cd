"""How torch is imported: with few kernels kept, and once for several processes."""

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


def import_torch() -> None:
    """Import torch, and compute nothing: processes that are forked begin sooner.

    Its code then lies in memory once for all. Whatever computed with it would make
    threads that a forked process lacks, and waits for (pytorch#49555).
    """
    import torch  # noqa: F401  imported for those who are forked
