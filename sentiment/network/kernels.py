"""What is imported once for several processes, and how few kernels torch keeps."""

import os
from importlib.util import find_spec

# torch keeps code for each shape of batch that it has met, a quarter of a megabyte each
# and 1,024 of them: a process could grow by 200 MB.
_SETTING, _KEPT = "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128"


def bound_kernels() -> None:
    """Let torch keep fewer kernels, here and in processes begun from here.

    What the environment says already stands.
    """
    if not os.environ.get(_SETTING):
        os.environ[_SETTING] = _KEPT


def import_for_forks() -> None:
    """Import what takes long, and compute nothing: processes that are forked use it.

    They begin sooner, no request waits for an import, and the code lies in memory once
    for all. Computing would make threads that a forked process lacks, and waits for
    (pytorch#49555).
    """
    import torch  # noqa: F401  imported for the forked processes

    # Where scikit-learn is installed NLTK imports it, and with it what makes a thread.
    # There the first request for sentences waits two seconds.
    if find_spec("sklearn") is None:
        import sentiment.text.sentences  # noqa: F401
