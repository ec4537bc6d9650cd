"""What a network says of encoded texts."""

import torch
from torch import Tensor, nn

from sentiment.config import PrecisionChoice
from sentiment.network.batching import buckets
from training.fitting.encoded import EncodedSplit
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
