"""The network's forward pass in plain calls of torch, for inference only."""

import torch
from torch import Tensor
from torch.nn import functional

from sentiment.network.batching import Batch
from sentiment.network.classifier import RNNClassifier
from sentiment.network.recurrence import last_of

_STEPS = {
    "GRU": torch.gru,
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
}


class Inference:
    """Computes exactly a network's logits, without the calls of its modules.

    For one short text the modules' checks and idle dropouts are a good part of the time
    (docs/performance.md). A test compares the two for every kind of network.

    Raises:
        ValueError: The network is bidirectional; packing alone defines its answer.
    """

    def __init__(self, network: RNNClassifier) -> None:
        rnn = network.rnn
        if rnn.bidirectional:
            raise ValueError("a bidirectional network is read by its own modules only")
        self._embedding = network.embedding.weight
        self._mode = rnn.mode
        self._shape = (rnn.num_layers, rnn.hidden_size)
        self._weights: list[Tensor] = [
            one for layer in rnn.all_weights for one in layer
        ]
        self._output = network.output.weight, network.output.bias

    def __call__(self, batch: Batch) -> Tensor:
        """Return logits, shape ``(batch, labels)``."""
        embedded = torch.embedding(self._embedding, batch.token_ids)
        hidden = last_of(self._states(embedded), batch.lengths)  # (batch, hidden)
        return functional.linear(hidden.to(self._output[0].dtype), *self._output)

    def _states(self, embedded: Tensor) -> Tensor:
        """Return the top layer's states, shape ``(batch, longest, hidden)``."""
        layers, hidden_dim = self._shape
        start = embedded.new_zeros(layers, len(embedded), hidden_dim)
        # Arguments of torch: has biases, layers, dropout, training, bidirectional,
        # batch first.
        options = True, layers, 0.0, False, False, True
        if self._mode == "LSTM":
            return torch.lstm(embedded, (start, start), self._weights, *options)[0]
        return _STEPS[self._mode](embedded, start, self._weights, *options)[0]
