"""How many threads torch computes with in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def limit_threads(threads: int) -> None:
    """Let torch compute with ``threads`` threads in this process.

    Several processes that each take all cores slow each other down several times over.
    """
    torch.set_num_threads(threads)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread, for work too small to gain from several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
