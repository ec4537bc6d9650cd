"""How many threads torch computes with in this process."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch


def limit_threads(threads: int) -> None:
    """Let torch compute with ``threads`` threads in this process.

    Several processes that each take all cores slow each other down several times over.
    """
    torch.set_num_threads(threads)


@contextmanager
def on_threads(threads: int) -> Iterator[None]:
    """Compute on so many threads, and then on as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_thread() -> AbstractContextManager[None]:
    """Compute on one thread, for work too small to gain from several."""
    return on_threads(1)
