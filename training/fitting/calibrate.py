"""Make confidence mean what it says: one temperature, found on the validation split."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def fit_temperature(logits: Tensor, targets: Tensor, weights: Tensor) -> float:
    """Return the temperature with the lowest weighted loss (Guo et al. 2017).

    Args:
        logits: Shape ``(n, labels)``, of texts that training has not seen.
        targets: Shares of the labels, shape ``(n, labels)``.
        weights: How much each text counts, shape ``(n,)``.
    """
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [log_temperature], max_iter=50, line_search_fn="strong_wolfe"
    )
    logits, targets = logits.double(), targets.double()
    shares = weights.double() / weights.double().sum()

    def loss() -> Tensor:
        optimizer.zero_grad()
        log_probabilities = torch.log_softmax(logits / log_temperature.exp(), dim=1)
        value = -(shares.unsqueeze(1) * targets * log_probabilities).sum()
        value.backward()
        return value

    optimizer.step(loss)
    # A network that is right everywhere would ask for 0; stay where floats are.
    return float(log_temperature.detach().exp().clamp(0.05, 20.0))


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
