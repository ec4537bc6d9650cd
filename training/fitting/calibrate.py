"""Make confidence mean what it says: one temperature, found on the validation split."""

import logging

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

# Where a temperature may lie.
_LOWEST, _HIGHEST = 0.05, 20.0

_log = logging.getLogger(__name__)


def fit_temperature(logits: Tensor, labels: Tensor, weights: Tensor) -> float:
    """Return the temperature with the lowest weighted loss (Guo et al. 2017).

    By the labels that answers are held against, also where a text has shares of votes:
    confidence is the chance that an answer is right. By the shares it would be that of
    one voter to agree with it, which lies far below.

    Args:
        logits: Shape ``(n, labels)``, of texts that training has not seen.
        labels: What is right, shape ``(n,)``.
        weights: How much each text counts, shape ``(n,)``.
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
    # A network that is right everywhere would ask for 0; stay where floats are.
    bounded = min(max(found, _LOWEST), _HIGHEST)
    if bounded != found:
        _log.warning(
            "the temperature is at its bound, %g: the validation split cannot tell how "
            "sure the model may be, it is right everywhere or no better than chance",
            bounded,
        )
    return bounded


def even_weights(sources: NDArray[np.str_]) -> Tensor:
    """Return weights by which sources count alike, and labels as they come, ``(n,)``.

    The loss evens the labels out; confidence has to be right for the texts as they are.

    Args:
        sources: The source of each text, shape ``(n,)``.
    """
    weights = torch.zeros(len(sources))
    for name in np.unique(sources):
        rows = torch.from_numpy(sources == name)
        weights[rows] = 1.0 / int(rows.sum())
    return weights
