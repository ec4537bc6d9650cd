"""The device that a fit computes on."""

import torch

from sentiment.errors import ConfigError
from training.fitting.config import FitConfig
from training.fitting.parallel import own_gpu
from training.fitting.precision import set_products


def choose_device(config: FitConfig) -> torch.device:
    """Return the device to train on; set torch's threads and a GPU's precision.

    Raises:
        ConfigError: The recipe asks for a GPU, and torch finds none.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    if config.device == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        set_products(config.precision)
        return own_gpu()
    if config.device == "cuda":
        raise ConfigError(
            "[training] device is 'cuda', and torch finds no GPU here: a possible "
            "solution is device = 'auto', which takes one where there is one"
        )
    return torch.device("cpu")
