"""Run the network in one precision: from token ids to logits."""

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from sentiment.config import Precision
from sentiment.labels import LABELS
from sentiment.network.batching import Batch, Positions, Sequences, buckets, pad
from sentiment.network.classifier import RNNClassifier
from sentiment.network.inference import Inference
from sentiment.network.precision import in_precision
from sentiment.network.stepping import SteppedLSTM, can_step

# Padded tokens per batch: enough to keep the kernel busy, few enough for the cache and
# for texts of similar length.
TOKEN_BUDGET = 4_096
# A GPU needs more texts in parallel, and has the memory for their states.
_GPU_TOKEN_BUDGET = 131_072


_Reads = Callable[[Batch], Tensor]

# Called between the pieces of a long computation: it may wait, or raise what ends it.
Pause = Callable[[], None]


class NetworkRunner:
    """Turns token ids into logits; safe to share between threads.

    A text's digits do not depend on the other texts, nor in bfloat16 on whether it is
    read for a file or for a request (docs/adr/0011-one-way-for-every-door.md). On a GPU
    only the first three digits are stable, because cuDNN uses TF32 by default.
    """

    def __init__(
        self,
        classifier: RNNClassifier,
        precision: Precision,
        device: torch.device | None = None,
    ) -> None:
        self._network = in_precision(classifier, precision)
        self._bidirectional = classifier.config.bidirectional
        self._budget = TOKEN_BUDGET
        self._read: _Reads
        self._stepped: SteppedLSTM | None = None
        if device is not None and device.type == "cuda":
            self._read = _GPUNetwork(self._network, device)
            self._budget = _GPU_TOKEN_BUDGET
        elif self._bidirectional:
            self._read = self._network
        else:
            self._read = Inference(self._network)
            if precision == "float32" and can_step(classifier.config):
                self._stepped = SteppedLSTM(self._network)
        # The logits before the first token, shape (labels,).
        self.first_logits: Tensor = classifier.output.bias.detach()

    def logits(self, sequences: Sequences) -> Tensor:
        """Return each text's logits, ``(texts, labels)``; NaN where it has no token."""
        lengths = sequences.lengths
        if lengths.all() and 0 < len(lengths) * lengths.max(initial=0) <= self._budget:
            # Most requests over HTTP: sorting them and putting them back in order would
            # take a tenth of the time of a single text.
            return self._logits_of(sequences, np.arange(len(lengths)))
        found = torch.full((len(lengths), len(LABELS)), torch.nan)
        readable = np.flatnonzero(lengths)
        for group in buckets(lengths[readable], self._budget):
            positions = readable[group]
            found[positions] = self._logits_of(sequences, positions)
        return found

    def logits_for_file(self, sequences: Sequences) -> Tensor:
        """Return what ``logits`` does, to 1e-5, in the way that is fastest for many.

        The way does not depend on how many they are, so that a file's rows have the
        same digits wherever its blocks are cut.
        """
        if self._stepped is None:
            return self.logits(sequences)
        with torch.inference_mode():
            return self._stepped(sequences)

    def _logits_of(self, sequences: Sequences, positions: Positions) -> Tensor:
        """Return the logits of the texts at ``positions``, read as one batch."""
        # A single text is duplicated: for one row torch uses another kernel, which
        # rounds differently.
        batch = sequences.batch(np.resize(positions, max(2, len(positions))))
        with torch.inference_mode():
            return self._read(batch)[: len(positions)]

    def running_logits(
        self, token_ids: Sequence[int], pause: Pause | None = None
    ) -> Tensor:
        """Return a text's logits after each token, shape ``(tokens, labels)``.

        A bidirectional network reads each prefix by itself, in quadratic time, and
        calls ``pause`` before each batch of them; any other reads once.
        """
        if self._bidirectional:
            return self._logits_of_prefixes(token_ids, pause)
        twice = pad([token_ids, token_ids])  # as in logits()
        with torch.inference_mode():
            return self._network.running_logits(twice.token_ids)[0]

    def _logits_of_prefixes(
        self, token_ids: Sequence[int], pause: Pause | None
    ) -> Tensor:
        ends = np.arange(1, len(token_ids) + 1)
        found = torch.empty(len(ends), len(LABELS))
        for group in buckets(ends, self._budget):
            if pause is not None:
                pause()
            prefixes = Sequences.of([token_ids[:end] for end in ends[group]])
            found[group] = self._logits_of(prefixes, range(len(group)))
        return found


class _GPUNetwork:
    """Computes logits with a copy of the network on a GPU."""

    def __init__(self, network: RNNClassifier, device: torch.device) -> None:
        self._device = device
        self._network = copy.deepcopy(network).to(device)

    def __call__(self, batch: Batch) -> Tensor:
        """Return logits, shape ``(batch, labels)``, on the CPU."""
        logits: Tensor = self._network(batch.to(self._device))
        return logits.cpu()
