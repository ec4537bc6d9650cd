"""The figure that chooses the epoch: macro-F1 on held-out texts."""

import numpy as np
from sklearn.metrics import f1_score
from torch import Tensor

from training.fitting.encoded import EncodedSplit
from training.fitting.loss import mask_neutral


def mean_macro_f1(logits: Tensor, split: EncodedSplit) -> float:
    """Return the mean over sources of macro-F1, neutral masked where a source has none.

    A mean over sources, since a large easy one would otherwise hide the others.
    """
    predicted = mask_neutral(logits, split.two_class).argmax(dim=1).numpy()
    truth = split.labels.numpy()
    figures = []
    for source in np.unique(split.sources):
        rows = split.sources == source
        figures.append(
            f1_score(
                truth[rows],
                predicted[rows],
                labels=np.unique(truth[rows]),
                average="macro",
                zero_division=0,
            )
        )
    return float(np.mean(figures))
