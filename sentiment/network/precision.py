"""The precision of inference: float32, or bfloat16 where it is faster.

Only a forward-only LSTM has a fused kernel for bfloat16, and only a processor with
instructions for it gains; elsewhere it is slower. Embedding and RNN are converted once;
logits, temperature and softmax stay in float32 and above (docs/performance.md has what
that changes).
"""

import copy
import logging
import math
import time
from collections.abc import Sequence

import torch

from sentiment.config import (
    PRECISION_CHOICES,
    ModelConfig,
    Precision,
    PrecisionChoice,
)
from sentiment.errors import ConfigError
from sentiment.network.batching import Batch, pad
from sentiment.network.classifier import RNNClassifier
from sentiment.network.threads import one_thread
from sentiment.wording import nearest

# Every process of a service, and every run over a file, measures for itself, and all
# must choose alike, even on a busy machine, where the gain is lower. So the threshold
# only separates processors that have bfloat16 from those on which oneDNN emulates it
# (docs/performance.md). Narrower networks gain little.
_LEAST_HIDDEN = 96
_LEAST_GAIN = 0.9
# Rounds are repeated if they show no gain: the machine may have been busy.
_ROUNDS, _LOOKS = 10, 5
_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "sve_bf16", "bf16")

_log = logging.getLogger(__name__)


def choose_precision(
    classifier: RNNClassifier,
    golden: Sequence[Sequence[int]],
    asked: PrecisionChoice = "auto",
) -> Precision:
    """Return the precision ``asked`` for; for ``auto``, the faster one.

    ``auto`` chooses bfloat16 if it is faster in a short measurement on the token ids
    ``golden`` and changes none of their labels. A network or a processor without
    bfloat16 always gets float32: where bfloat16 is emulated, a text's digits depend on
    the other texts of its batch.

    Raises:
        ConfigError: ``asked`` is none of the three.
    """
    if asked not in PRECISION_CHOICES:
        hint = nearest(asked, PRECISION_CHOICES)
        raise ConfigError(f"there is no precision {asked!r}: {hint}")
    if asked == "float32":
        return "float32"
    if not has_fused_bfloat16(classifier.config) or not processor_has_bfloat16():
        if asked == "bfloat16":
            _log.warning(
                "bfloat16 is not available for this network or processor: using float32"
            )
        return "float32"
    if asked == "bfloat16":
        return "bfloat16"
    if classifier.config.hidden_dim < _LEAST_HIDDEN:
        return "float32"
    return "bfloat16" if golden and _pays(classifier, pad(golden)) else "float32"


def has_fused_bfloat16(config: ModelConfig) -> bool:
    """Say whether torch has a fused bfloat16 kernel for such a network."""
    return config.cell == "lstm" and not config.bidirectional


def in_precision(classifier: RNNClassifier, precision: Precision) -> RNNClassifier:
    """Return the network that reads in ``precision``: itself, or a converted copy."""
    if precision == "float32":
        return classifier
    converted = copy.deepcopy(classifier)
    converted.embedding.to(torch.bfloat16)
    converted.rnn.to(torch.bfloat16)
    return converted


def processor_has_bfloat16() -> bool:
    """Say whether the processor multiplies bfloat16 itself."""
    # The processor's own instructions: oneDNN would also emulate bfloat16, slowly.
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in _INSTRUCTIONS)


def _pays(classifier: RNNClassifier, golden: Batch) -> bool:
    """Time both in turns, by this thread's CPU time, and compare their best rounds."""
    converted = in_precision(classifier, "bfloat16")
    exact = rounded = math.inf
    with torch.inference_mode(), one_thread():
        labels = [one(golden).argmax(dim=1) for one in (classifier, converted)]
        if not torch.equal(*labels):
            return False
        for look in range(1, _LOOKS + 1):
            for _ in range(_ROUNDS):
                exact = min(exact, _seconds(classifier, golden))
                rounded = min(rounded, _seconds(converted, golden))
            gain = exact / rounded
            _log.debug("bfloat16: %.2f times as fast, look %d", gain, look)
            if gain >= _LEAST_GAIN:
                return True
    return False


def _seconds(classifier: RNNClassifier, batch: Batch) -> float:
    began = time.thread_time()
    classifier(batch)
    return time.thread_time() - began
