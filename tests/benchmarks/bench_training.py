"""Training tokens a second: the fused, right-padded way against packed sequences."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice

import torch
from measuring import Comparison, compare, snippets
from torch import Tensor, nn

from sentiment.batching import Batch, buckets, pad
from sentiment.classifier import RNNClassifier
from sentiment.config import ModelConfig
from sentiment.encoding import Encoder, count_tokens
from sentiment.recurrence import RNN, last_hidden_packed, last_hidden_padded
from sentiment.vocabulary import Vocabulary
from training.config import FitConfig
from training.fitting.optimizer import build_optimizer

# Batches as the default recipe cuts them.
DEFAULTS = FitConfig()
STEPS = 12


def run(rounds: int) -> Iterator[Comparison]:
    """Compare the two ways for short texts and for long ones."""
    texts = snippets()
    vocabulary = Vocabulary.build(count_tokens(texts), max_size=30_000, min_count=2)
    encoder = Encoder(vocabulary)
    short = [ids for text in texts if (ids := encoder.encode(text))]
    long = [list(chain(*short[at : at + 12])) for at in range(0, 6_000, 12)]
    for cell in ("lstm", "gru", "rnn-tanh"):
        yield _compare(
            f"training, {cell} 128, snippets", cell, short, vocabulary, rounds
        )
    yield _compare(
        "training, lstm 128, 12 snippets a text", "lstm", long, vocabulary, rounds
    )


def _compare(
    name: str,
    cell: str,
    sequences: list[list[int]],
    vocabulary: Vocabulary,
    rounds: int,
) -> Comparison:
    config = ModelConfig.from_dict({"cell": cell, "hidden_dim": 128})
    ways = {"fused": last_hidden_padded, "packed": last_hidden_packed}
    batches = list(_batches(sequences))
    contenders = {
        way: partial(_train, RNNClassifier(config, len(vocabulary)), read, batches)
        for way, read in ways.items()
    }
    return compare(name, "tokens/s", contenders, rounds)


def _batches(sequences: list[list[int]]) -> Iterator[Batch]:
    groups = buckets([len(ids) for ids in sequences], DEFAULTS.batch_tokens)
    every = max(1, len(groups) // STEPS)
    for positions in islice(groups, 0, None, every):
        yield pad([sequences[at] for at in positions[: DEFAULTS.batch_texts]])


def _train(
    classifier: RNNClassifier,
    read: Callable[[RNN, Tensor, Tensor], Tensor],
    batches: list[Batch],
) -> int:
    """Take one whole step a batch, with its optimiser; return the tokens read."""
    optimizer = build_optimizer(classifier, DEFAULTS)
    classifier.train()
    for batch in batches:
        hidden = read(classifier.rnn, classifier.embed(batch.token_ids), batch.lengths)
        logits = classifier.output(classifier.dropout(hidden))
        targets = torch.zeros(len(batch.lengths), dtype=torch.long)
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits, targets).backward()
        optimizer.step()
    return sum(int(batch.lengths.sum()) for batch in batches)
