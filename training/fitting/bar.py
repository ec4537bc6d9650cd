"""The progress bar of an epoch."""

from typing import Never

from tqdm import tqdm


def token_bar(name: str, tokens: int, *, done: int, show: bool) -> "tqdm[Never]":
    """Return the bar of an epoch of so many ``tokens``, of which some are ``done``."""
    return tqdm(
        total=tokens,
        initial=done,
        unit=" tokens",
        unit_scale=True,
        desc=name,
        # None: on a terminal alone. The lines of the epochs are always printed.
        disable=None if show else True,
        smoothing=0.05,
        leave=False,
    )
