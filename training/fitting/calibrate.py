"""Calibration: one temperature, found on the validation split."""

import logging

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

# The bounds of a temperature.
_LOWEST, _HIGHEST = 0.05, 20.0

_log = logging.getLogger(__name__)


def fit_temperature(logits: Tensor, labels: Tensor, weights: Tensor) -> float:
    """Return the temperature with the lowest weighted loss (Guo et al. 2017).

    The loss is against hard labels, also for texts with shares of votes: confidence
    should be the probability that a prediction is right. Fitted to the shares, it would
    be the probability that one voter agrees with it, which is far lower.

    Args:
        logits: Shape ``(n, labels)``, of texts that were not trained on.
        labels: The true labels, shape ``(n,)``.
        weights: The weight of each text, shape ``(n,)``.
    """
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [log_temperature], max_iter=50, line_search_fn="strong_wolfe"
    )
    logits = logits.double()
    shares = weights.double() / weights.double().sum()

    def loss() -> Tensor:
        optimizer.zero_grad()
        losses = cross_entropy(
            logits / log_temperature.exp(), labels, reduction="none"
        )  # (n,)
        value = (shares * losses).sum()
        value.backward()
        return value

    optimizer.step(loss)
    found = float(log_temperature.detach().exp())
    # For a network that is right everywhere the optimum is 0, which would overflow.
    bounded = min(max(found, _LOWEST), _HIGHEST)
    if bounded != found:
        _log.warning(
            "the temperature is at its bound, %g: on the validation split the model is "
            "either always right or no better than chance, so that its confidence "
            "cannot be calibrated",
            bounded,
        )
    return bounded


def even_weights(sources: NDArray[np.str_]) -> Tensor:
    """Return weights with the same total for every source, shape ``(n,)``.

    Labels are not balanced, as they are in the loss: confidence has to be right for the
    labels as frequent as they are.

    Args:
        sources: The source of each text, shape ``(n,)``.
    """
    weights = torch.zeros(len(sources))
    for name in np.unique(sources):
        rows = torch.from_numpy(sources == name)
        weights[rows] = 1.0 / int(rows.sum())
    return weights
