"""The figure that chooses the epoch: macro-F1 on held-out texts."""

import numpy as np
from torch import Tensor

from training.evaluation.measures import Integers, confusion_counts, macro_f1
from training.fitting.encoded import EncodedSplit
from training.fitting.loss import mask_neutral


def mean_macro_f1(logits: Tensor, split: EncodedSplit) -> float:
    """Return the mean over sources of macro-F1, neutral masked where a source has none.

    A mean over sources, since a large easy one would otherwise hide the others. It is
    the ``mean_source_macro_f1`` of an evaluation.
    """
    predicted = predicted_labels(logits, split)
    labels = split.labels.numpy()
    confusions = []
    for source in np.unique(split.sources):
        rows = split.sources == source
        confusions.append(confusion_counts(labels[rows], predicted[rows]))
    return float(macro_f1(np.stack(confusions)).mean())


def predicted_labels(logits: Tensor, split: EncodedSplit) -> Integers:
    """Return the answers that :func:`mean_macro_f1` judges, shape ``(n,)``."""
    answers: Integers = mask_neutral(logits, split.two_class).argmax(dim=1).numpy()
    return answers
