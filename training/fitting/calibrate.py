"""Calibration: one temperature, found on the validation split."""

import logging

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

# The bounds of a temperature.
_LOWEST, _HIGHEST = 0.05, 20.0

_log = logging.getLogger(__name__)


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the temperature with the lowest loss (Guo et al. 2017).

    All texts count the same, whatever their source: a source of few texts says little
    about confidence, however different it is.

    The loss is against hard labels, also for texts with shares of votes: confidence
    should be the probability that a prediction is right. Fitted to the shares, it would
    be the probability that one voter agrees with it, which is far lower.

    Args:
        logits: Shape ``(n, labels)``, of texts that were not trained on.
        labels: The true labels, shape ``(n,)``.
    """
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [log_temperature], max_iter=50, line_search_fn="strong_wolfe"
    )
    logits = logits.double()

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = cross_entropy(logits / log_temperature.exp(), labels)
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
