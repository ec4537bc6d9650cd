"""The network in one precision: each text is read by the way that suits it."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sentiment.batching import Sequences, buckets, pad
from sentiment.classifier import RNNClassifier
from sentiment.labels import LABELS
from sentiment.precision import Precision, in_precision
from sentiment.stepping import LONGEST, SteppedClassifier, can_step

# Padded tokens a batch: enough to keep the kernel busy, little enough for the cache,
# and for texts of very like length.
TOKEN_BUDGET = 4_096
# Steps cost by the call, and nothing is padded: more at once.
STEPPED_BUDGET = 32_768

Network = RNNClassifier | SteppedClassifier


class Reader:
    """Turns token ids into logits; safe to share between threads.

    Which way a text is read depends on the model, the precision and its own length, so
    that its digits do not depend on what is asked beside it (docs/adr/0011).
    """

    def __init__(self, classifier: RNNClassifier, precision: Precision) -> None:
        self._long: Network = in_precision(classifier, precision)
        self._short: Network = self._long
        self._longest = 0
        # Not in float32, where the last bit of a product's row depends on how many
        # there are.
        if precision == "bfloat16" and can_step(classifier.config):
            self._short, self._longest = SteppedClassifier(classifier), LONGEST
        self._bidirectional = classifier.config.bidirectional
        # The logits before the first token, shape (labels,).
        self.first_logits: Tensor = classifier.output.bias.detach()

    def logits(self, sequences: Sequences) -> Tensor:
        """Return each text's logits, ``(texts, labels)``; NaN where it has no token."""
        found = torch.full((len(sequences.lengths), len(LABELS)), torch.nan)
        for positions, network in self._groups(sequences.lengths):
            # A text alone goes in company of itself: for a single row torch has another
            # kernel, which rounds otherwise.
            batch = sequences.batch(np.resize(positions, max(2, len(positions))))
            with torch.inference_mode():
                found[positions] = network(batch)[: len(positions)]
        return found

    def running_logits(self, token_ids: Sequence[int]) -> Tensor:
        """Return a text's logits after each token, shape ``(tokens, labels)``.

        A bidirectional network reads each prefix by itself, in quadratic time; any
        other reads once.
        """
        if self._bidirectional:
            prefixes = [token_ids[:end] for end in range(1, len(token_ids) + 1)]
            return self.logits(Sequences.of(prefixes))
        network = self._short if len(token_ids) <= self._longest else self._long
        # Twice, as in logits().
        with torch.inference_mode():
            return network.running_logits(pad([token_ids, token_ids]).token_ids)[0]

    def _groups(
        self, lengths: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], Network]]:
        """Yield the positions that are read at once, and the way to read them."""
        short = np.flatnonzero((lengths > 0) & (lengths <= self._longest))
        long = np.flatnonzero(lengths > self._longest)
        for group in buckets(lengths[short], STEPPED_BUDGET):
            yield short[group], self._short
        for group in buckets(lengths[long], TOKEN_BUDGET):
            yield long[group], self._long
