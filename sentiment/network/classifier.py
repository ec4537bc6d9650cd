"""The network: embedding, RNN, the state after the last token, one linear layer."""

from torch import Tensor, nn

from sentiment.config import ModelConfig
from sentiment.labels import LABELS
from sentiment.network.batching import Batch
from sentiment.network.recurrence import RNN, hidden_states, last_hidden
from sentiment.special_tokens import PAD


class RNNClassifier(nn.Module):
    """A many-to-one recurrent classifier of token ids.

    It returns logits and knows nothing of text, files or training. The state before
    the first token is zero.
    """

    def __init__(self, config: ModelConfig, vocabulary_size: int) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(
            vocabulary_size, config.embedding_dim, padding_idx=PAD
        )
        self.embedding_dropout = DimensionDropout(config.embedding_dropout)
        self.rnn = build_rnn(config)
        self.dropout = nn.Dropout(config.dropout)
        directions = 2 if config.bidirectional else 1
        self.output = nn.Linear(directions * config.hidden_dim, len(LABELS))

    def forward(self, batch: Batch) -> Tensor:
        """Return logits, shape ``(batch, labels)``."""
        embedded = self.embed(batch.token_ids)
        return self.logits_of(last_hidden(self.rnn, embedded, batch.lengths))

    def embed(self, token_ids: Tensor) -> Tensor:
        """Return the tokens' vectors, shape ``(batch, longest, embedding)``."""
        embedded: Tensor = self.embedding_dropout(self.embedding(token_ids))
        return embedded

    def running_logits(self, token_ids: Tensor) -> Tensor:
        """Return the logits after every token, ``(batch, longest, labels)``.

        Raises:
            ValueError: The network is bidirectional (:func:`hidden_states` says why).
        """
        states = hidden_states(self.rnn, self.embed(token_ids))
        # As one long table: for weights that can be trained torch would otherwise take
        # another path to the product, and the last digit would differ.
        flat = self.logits_of(states.flatten(0, 1))
        return flat.reshape(*states.shape[:2], -1)

    def logits_of(self, hidden: Tensor) -> Tensor:
        """Return the logits of hidden states, which may be in another precision."""
        logits: Tensor = self.output(self.dropout(hidden).to(self.output.weight.dtype))
        return logits


class DimensionDropout(nn.Module):
    """Drop whole embedding dimensions of a text, the same at each of its tokens.

    Dropping single numbers would let the next token give them back (Gal and
    Ghahramani 2016, "A Theoretically Grounded Application of Dropout in RNNs").
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, embedded: Tensor) -> Tensor:
        """Return ``embedded``, shape ``(batch, longest, embedding)``, in part zero."""
        if not self.training or self.p == 0:
            return embedded
        kept = embedded.new_empty(embedded.shape[0], 1, embedded.shape[2])
        return embedded * kept.bernoulli_(1 - self.p).div_(1 - self.p)


def build_rnn(config: ModelConfig) -> RNN:
    """Return the recurrent layers that ``config`` names, freshly initialised."""
    shape = {
        "input_size": config.embedding_dim,
        "hidden_size": config.hidden_dim,
        "num_layers": config.layers,
        "bidirectional": config.bidirectional,
        "dropout": config.dropout if config.layers > 1 else 0.0,
        "batch_first": True,
    }
    match config.cell:
        case "lstm":
            rnn: RNN = nn.LSTM(**shape)
            _open_forget_gates(rnn)
        case "gru":
            rnn = nn.GRU(**shape)
        case "rnn-tanh":
            rnn = nn.RNN(nonlinearity="tanh", **shape)
        case "rnn-relu":
            rnn = nn.RNN(nonlinearity="relu", **shape)
            _remember_at_first(rnn)
    return rnn


def _open_forget_gates(rnn: RNN) -> None:
    """Begin by remembering (Jozefowicz et al. 2015): forget biases sum to 1."""
    for name, parameter in rnn.named_parameters():
        if "bias_ih" in name:
            # The gates stand in the order input, forget, cell, output.
            quarter = len(parameter) // 4
            nn.init.ones_(parameter.data[quarter : 2 * quarter])
        elif "bias_hh" in name:
            nn.init.zeros_(parameter.data)


def _remember_at_first(rnn: RNN) -> None:
    """Begin as the identity, without which ReLU cells do not learn (Le et al. 2015)."""
    for name, parameter in rnn.named_parameters():
        if "weight_hh" in name:
            nn.init.eye_(parameter.data)
        elif "bias" in name:
            nn.init.zeros_(parameter.data)
