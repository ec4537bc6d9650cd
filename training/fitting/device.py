"""The device that a fit computes on, and how torch computes meanwhile."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from sentiment.errors import ConfigError
from sentiment.network.threads import on_threads
from training.fitting.config import FitConfig
from training.fitting.parallel import own_gpu
from training.fitting.precision import products_in


def choose_device(config: FitConfig) -> torch.device:
    """Return the device to train on.

    Raises:
        ConfigError: The recipe asks for a GPU, and torch finds none.
    """
    if config.device == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return own_gpu()
    if config.device == "cuda":
        raise ConfigError(
            "[training] device is 'cuda', and torch finds no GPU here: a possible "
            "solution is device = 'auto', which takes one where there is one"
        )
    return torch.device("cpu")


@contextmanager
def computing_as(config: FitConfig) -> Iterator[torch.device]:
    """Compute on the device and the threads, and in the precision, of ``config``.

    Threads and a GPU's precision are torch's, for the whole process. It is left as it
    was found: it may be a notebook that fits a classifier in passing.

    Raises:
        ConfigError: The recipe asks for a GPU, and torch finds none.
    """
    device = choose_device(config)
    with ExitStack() as stack:
        if config.threads:
            stack.enter_context(on_threads(config.threads))
        if device.type == "cuda":
            stack.enter_context(products_in(config.precision))
        yield device
