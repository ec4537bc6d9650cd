"""The hidden state after each text's last token, computed in two equivalent ways.

Packing is the definition: the network stops reading where a text ends. For a network
that reads forward only, the state at a text's last position in a right-padded batch is
the same state, since later inputs cannot change earlier states. On the CPU that way is
several times as fast for an LSTM, thanks to oneDNN's fused kernel
(docs/performance.md).
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

RNN = nn.RNN | nn.GRU | nn.LSTM


def last_hidden(rnn: RNN, embedded: Tensor, lengths: Tensor) -> Tensor:
    """Return the last hidden state by the faster way.

    Args:
        rnn: A batch-first network of any cell, depth and direction.
        embedded: Right-padded inputs, shape ``(batch, longest, embedding)``.
        lengths: True lengths, shape ``(batch,)``, at least 1, on the CPU.

    Returns:
        Shape ``(batch, directions * hidden)``: the top layer's state after the last
        token, and for a bidirectional network beside it the state that has read the
        text from its end to its first token.
    """
    if reads_padded(rnn, embedded.device):
        return last_hidden_padded(rnn, embedded, lengths)
    return last_hidden_packed(rnn, embedded, lengths)


def reads_padded(rnn: RNN, device: torch.device) -> bool:
    """Say whether the right-padded way is equal and measures faster."""
    # cuDNN takes packed sequences at full speed. On the CPU the padded way is faster
    # for every cell, most of all for the LSTM: `make bench` prints the ratios.
    return device.type == "cpu" and not rnn.bidirectional


def last_hidden_packed(rnn: RNN, embedded: Tensor, lengths: Tensor) -> Tensor:
    """Return the last hidden state over packed sequences, for any network."""
    packed = pack_padded_sequence(
        embedded, lengths, batch_first=True, enforce_sorted=False
    )
    _, hidden = rnn(packed)
    if isinstance(rnn, nn.LSTM):
        hidden, _cell = hidden
    # hidden has shape (layers * directions, batch, hidden); with packing its last rows
    # are the states after each text's own last token, not after its padding.
    if rnn.bidirectional:
        return torch.cat([hidden[-2], hidden[-1]], dim=1)
    last: Tensor = hidden[-1]
    return last


def last_hidden_padded(rnn: RNN, embedded: Tensor, lengths: Tensor) -> Tensor:
    """Return the last hidden state of a network that reads forward only."""
    return last_of(hidden_states(rnn, embedded), lengths.to(embedded.device))


def last_of(states: Tensor, lengths: Tensor) -> Tensor:
    """Return of ``states``, ``(batch, longest, hidden)``, each text's last one."""
    rows = torch.arange(len(lengths), device=states.device)
    return states[rows, lengths - 1]


def hidden_states(rnn: RNN, embedded: Tensor) -> Tensor:
    """Return the top layer's state after every token, ``(batch, longest, hidden)``.

    Raises:
        ValueError: The network is bidirectional; its states have read the padding.
    """
    if rnn.bidirectional:
        raise ValueError("a bidirectional network's states are defined by packing only")
    states: Tensor
    states, _ = rnn(embedded)
    return states
