"""The answers of a network to encoded texts, and the figure that chooses the epoch."""

import numpy as np
import torch
from torch import Tensor, nn

from sentiment.config import PrecisionChoice
from sentiment.network.batching import buckets
from training.evaluation.measures import Integers, confusion_counts, macro_f1
from training.fitting.encoded import EncodedSplit
from training.fitting.loss import mask_neutral
from training.fitting.precision import autocast


def predict_logits(
    classifier: nn.Module,
    split: EncodedSplit,
    batch_tokens: int,
    precision: PrecisionChoice = "float32",
) -> Tensor:
    """Return the logits of every example in its order, ``(n, labels)``, on the CPU."""
    device = next(classifier.parameters()).device
    classifier.eval()
    logits = torch.zeros(split.targets.shape)
    for positions in buckets(split.lengths.tolist(), batch_tokens):
        # Not inference_mode: calibration's autograd takes these logits.
        with torch.no_grad(), autocast(device, precision):
            given = classifier(split.batch(positions).to(device))
        logits[positions] = given.float().cpu()
    return logits


def mean_macro_f1(logits: Tensor, split: EncodedSplit) -> float:
    """Return the mean over sources of macro-F1, neutral masked where a source has none.

    Otherwise a large, easy source would hide the others. An evaluation reports the same
    as ``mean_source_macro_f1``.
    """
    predicted = predicted_labels(logits, split)
    labels = split.labels.numpy()
    confusions = []
    for source in np.unique(split.sources):
        rows = split.sources == source
        confusions.append(confusion_counts(labels[rows], predicted[rows]))
    return float(macro_f1(np.stack(confusions)).mean())


def predicted_labels(logits: Tensor, split: EncodedSplit) -> Integers:
    """Return the predictions that :func:`mean_macro_f1` scores, shape ``(n,)``."""
    answers: Integers = mask_neutral(logits, split.two_class).argmax(dim=1).numpy()
    return answers
