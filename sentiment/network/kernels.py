"""Import heavy packages once before forks, and bound torch's cache of kernels."""

import os
from importlib.util import find_spec

# torch (oneDNN) caches compiled code for each shape of batch, by default 1,024 entries
# of a quarter of a megabyte: a process could grow by 200 MB.
_SETTING, _KEPT = "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128"


def bound_kernels() -> None:
    """Bound torch's cache of kernels, in this process and its children.

    A value that is already set in the environment stays.
    """
    if not os.environ.get(_SETTING):
        os.environ[_SETTING] = _KEPT


def import_for_forks() -> None:
    """Import heavy packages for the processes to be forked, and compute nothing.

    They start faster, no request waits for an import, and all share the code's memory.
    Computing would start threads that a forked process does not have but waits for
    (pytorch#49555).
    """
    import torch  # noqa: F401  imported for the forked processes

    # NLTK imports scikit-learn where it is installed, which starts a thread. There the
    # first request for sentences waits two seconds instead.
    if find_spec("sklearn") is None:
        import sentiment.text.sentences  # noqa: F401
