"""Import heavy packages once, before processes are forked."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def import_for_forks() -> None:
    """Import heavy packages for the processes to be forked, and compute nothing.

    They start faster, no request waits for an import, and all share the code's memory.
    Computing would start threads that a forked process does not have but waits for
    (pytorch#49555).
    """
    import torch  # noqa: F401  imported for the forked processes

    # NLTK imports SciPy and scikit-learn where they are installed, which takes two
    # seconds and starts a thread.
    with _hidden("scipy", "sklearn"):
        import sentiment.text.sentences  # noqa: F401
    # Searches for cycles, which write to all that they look at, then leave out what was
    # imported: its memory stays shared, and at exit each process saves half a second.
    gc.freeze()


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Let imports of packages fail as if they were not installed.

    For a process of our own with a single thread: to the code of others, the packages
    that were imported meanwhile lack these for good.
    """
    hidden = [name for name in names if name not in sys.modules]
    # Documented: a module that is None raises ModuleNotFoundError.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
