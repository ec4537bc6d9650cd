"""The language model: embedding, RNN, and a softmax over the next word."""

import torch
from torch import Tensor, nn

from sentiment.config import ModelConfig
from sentiment.network.classifier import DimensionDropout, build_rnn
from sentiment.special_tokens import PAD
from training.language_model.config import LanguageModelConfig

State = Tensor | tuple[Tensor, Tensor]


class LanguageModel(nn.Module):
    """A next-word language model.

    Its embedding and its RNN have the names and shapes of the classifier's. The softmax
    is adaptive (Grave et al. 2017, "Efficient softmax approximation for GPUs"): it is
    fast because rare words are computed only where they occur. It needs a vocabulary
    ordered by frequency, as ours is.
    """

    def __init__(
        self, shape: ModelConfig, vocabulary_size: int, config: LanguageModelConfig
    ) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(
            vocabulary_size, shape.embedding_dim, padding_idx=PAD
        )
        self.input_dropout = DimensionDropout(config.input_dropout)
        self.rnn = build_rnn(shape)
        self.state_dropout = DimensionDropout(config.state_dropout)
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(
            shape.hidden_dim,
            vocabulary_size,
            cutoffs=[cut for cut in config.cutoffs if cut < vocabulary_size - 1]
            or [vocabulary_size // 2],
            div_value=2.0,
        )

    def forward(
        self, token_ids: Tensor, following: Tensor, state: State | None
    ) -> tuple[Tensor, State]:
        """Return the mean loss in nats a token, and the RNN's last state.

        Args:
            token_ids: Shape ``(streams, steps)``.
            following: The next token after each of them, the same shape.
            state: The RNN's after the tokens before; None at the beginning.
        """
        states, state = self.read(token_ids, state)
        states = self.state_dropout(states)
        loss: Tensor = self.softmax(states.flatten(0, 1), following.flatten()).loss
        return loss, state

    def read(self, token_ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Return all states, ``(streams, steps, hidden)``, and the last, detached."""
        p = self.config.word_dropout if self.training else 0.0
        embedded = self.input_dropout(dropped_words(self.embedding, token_ids, p))
        if self.training and state is not None:
            state = forgotten(state, self.config.forgetting)
        states, last = self.rnn(embedded, state)
        return states, detached(last)

    def log_probabilities(self, states: Tensor) -> Tensor:
        """Return those of the next token, ``(n, vocabulary)``, for ``(n, hidden)``."""
        found: Tensor = self.softmax.log_prob(states)
        return found


def dropped_words(embedding: nn.Embedding, token_ids: Tensor, p: float) -> Tensor:
    """Return the tokens' vectors, with those of some words zeroed everywhere.

    Embedding dropout of Merity et al. 2018 (after Gal and Ghahramani 2016).
    """
    vectors: Tensor = embedding(token_ids)
    if p == 0:
        return vectors
    kept = vectors.new_empty(embedding.num_embeddings, 1).bernoulli_(1 - p).div_(1 - p)
    return vectors * kept[token_ids]


def forgotten(state: State, p: float) -> State:
    """Return ``state`` with each stream reset to zero with probability ``p``."""
    if isinstance(state, tuple):
        hidden, cell = state
        kept = _kept(hidden, p)
        return hidden * kept, cell * kept
    return state * _kept(state, p)


def _kept(state: Tensor, p: float) -> Tensor:
    """Return a 0 or 1 for each stream of a state, ``(layers, streams, hidden)``."""
    return state.new_empty(1, state.shape[1], 1).bernoulli_(1 - p)


def detached(state: State) -> State:
    """Return ``state`` without gradients, so that back-propagation ends there."""
    if isinstance(state, torch.Tensor):
        return state.detach()
    hidden, cell = state
    return hidden.detach(), cell.detach()
