"""Calibration: one temperature, found on the validation split."""

import logging

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

# The bounds of a temperature.
_LOWEST, _HIGHEST = 0.05, 20.0

# Before any text is seen, the temperature's logarithm is normal around 0 with this
# deviation: two of three temperatures are between 0.6 and 1.65. The logits of a bundled
# model for five sets were multiplied by 0.5 to 3, and the temperature was fitted to n
# texts. On the set's other texts it cost, beside the best one, in 1/1000 nat a text:
#
#     n                       4     16    30    50    100   1,000
#     temperature 1           90    90    90    90    90    91
#     without a prior         2,582 310   57    18    6.1   1.5
#     prior, deviation 0.3    72    41    26    18    8.1   1.6
#     prior, deviation 0.5    65    31    18    13    5.9   1.5
#     prior, deviation 1.0    83    43    22    13    5.9   1.5
#
# A least number of texts would leave those below it at the first row.
_DEVIATION = 0.5

_log = logging.getLogger(__name__)


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the temperature with the lowest loss (Guo et al. 2017), drawn toward 1.

    A few texts may all be answered rightly, and the loss is then lowest at temperature
    0: every answer is certain, as in a logistic regression whose classes are separable
    (Albert and Anderson 1984). A weak prior is the usual remedy there (Gelman et al.
    2008), and here: it decides where there are few texts, and is not felt where there
    are many.

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
    prior_weight = 1 / (2 * _DEVIATION**2 * len(labels))

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = cross_entropy(logits / log_temperature.exp(), labels)
        value = value + prior_weight * log_temperature.square()
        value.backward()
        return value

    optimizer.step(loss)
    found = float(log_temperature.detach().exp())
    # Even with the prior, many texts take it far if the network is right everywhere
    # or its answers have nothing to do with the labels.
    bounded = min(max(found, _LOWEST), _HIGHEST)
    if bounded != found:
        _log.warning(
            "the temperature is at its bound, %g: on the validation split the model is "
            "either always right or no better than chance, so that its confidence "
            "cannot be calibrated",
            bounded,
        )
    return bounded
