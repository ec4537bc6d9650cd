"""Training tokens a second: this project's way, packed sequences, and tutorials'.

The tutorial's way is packed nn.LSTM over batches as they come, in float32; ours reads
batches of like length with the fused kernel.
"""

import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice

import torch
from measuring import Comparison, compare, snippets
from torch import Tensor, nn

from sentiment.config import ModelConfig, PrecisionChoice
from sentiment.network.batching import Batch, buckets, pad
from sentiment.network.classifier import RNNClassifier
from sentiment.network.recurrence import RNN, last_hidden_packed, last_hidden_padded
from sentiment.text.encoding import Encoder, count_tokens
from sentiment.text.vocabulary import Vocabulary
from training.fitting.config import FitConfig
from training.fitting.optimizer import build_optimizer
from training.fitting.precision import autocast

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
    for name, sequences in (("snippets", short), ("reviews", _reviews(short))):
        yield from _against_tutorial(name, sequences, vocabulary, rounds)


def _reviews(short: list[list[int]]) -> list[list[int]]:
    """Return texts of one to forty snippets, as unlike in length as reviews are."""
    chance, found, at = random.Random(4), [], 0
    while at < len(short) - 40 and len(found) < 1_500:
        count = min(40, 1 + int(chance.expovariate(1 / 8)))
        found.append(list(chain(*short[at : at + count])))
        at += count
    return found


def _against_tutorial(
    name: str, sequences: list[list[int]], vocabulary: Vocabulary, rounds: int
) -> Iterator[Comparison]:
    config = ModelConfig(cell="lstm", hidden_dim=128)
    size = len(vocabulary)
    sorted_batches = list(_batches(sequences))
    # Texts as they come, 64 at a time, whatever their length.
    unsorted = [
        pad(sequences[at : at + 64]) for at in range(0, min(len(sequences), 768), 64)
    ]
    ours = partial(
        _train, RNNClassifier(config, size), last_hidden_padded, sorted_batches
    )
    tutorial = partial(
        _train, RNNClassifier(config, size), last_hidden_packed, unsorted
    )
    yield compare(
        f"training, lstm 128, {name}",
        "tokens/s",
        {"ours": ours, "the tutorial's": tutorial},
        rounds,
    )
    lower = partial(
        _train,
        RNNClassifier(config, size),
        last_hidden_padded,
        sorted_batches,
        precision="bfloat16",
    )
    yield compare(
        f"training, lstm 128, {name}, bfloat16",
        "tokens/s",
        {"bfloat16": lower, "float32": ours},
        rounds,
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
    precision: PrecisionChoice = "float32",
) -> int:
    """Take one whole step a batch, with its optimiser; return the tokens read."""
    optimizer = build_optimizer(classifier, DEFAULTS)
    classifier.train()
    for batch in batches:
        with autocast(torch.device("cpu"), precision):
            embedded = classifier.embed(batch.token_ids)
            hidden = read(classifier.rnn, embedded, batch.lengths)
            logits = classifier.output(classifier.dropout(hidden)).float()
        targets = torch.zeros(len(batch.lengths), dtype=torch.long)
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits, targets).backward()
        optimizer.step()
    return sum(int(batch.lengths.sum()) for batch in batches)
