"""The mean of a network's weights over its latest steps: steadier than any of them."""

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def averaged(network: nn.Module, decay: float) -> AveragedModel | None:
    """Return a copy of ``network`` that follows its weights, None for a decay of 0.

    An exponential moving average (after Polyak and Juditsky 1992, "Acceleration of
    Stochastic Approximation by Averaging"): of a decay of 0.999 the last 1,000 steps
    or so count.
    """
    if not decay:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay))
