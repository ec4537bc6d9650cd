"""bfloat16 beside float32: what it gains where the network reads, by its width.

With ``ONEDNN_MAX_CPU_ISA=AVX512_CORE_VNNI`` in the environment oneDNN emulates
bfloat16, as on a processor that has none of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import torch
from measuring import Comparison, compare, snippets

from sentiment.config import ModelConfig
from sentiment.network.batching import Batch, buckets, pad
from sentiment.network.classifier import RNNClassifier
from sentiment.network.precision import in_precision
from sentiment.network.runner import TOKEN_BUDGET
from sentiment.text.encoding import Encoder, count_tokens
from sentiment.text.vocabulary import Vocabulary

WIDTHS = (16, 32, 48, 64, 96, 128, 160, 256, 512)
# So few texts take a moment at any width.
BATCHES = 10


def run(rounds: int) -> Iterator[Comparison]:
    """Compare the two precisions for networks of each width, on the same batches."""
    texts = snippets()
    vocabulary = Vocabulary.build(count_tokens(texts), max_size=30_000, min_count=2)
    encoder = Encoder(vocabulary)
    sequences = [ids for text in texts if (ids := encoder.encode(text))]
    groups = islice(buckets([len(ids) for ids in sequences], TOKEN_BUDGET), BATCHES)
    batches = [pad([sequences[at] for at in group]) for group in groups]
    for width in WIDTHS:
        contenders = dict(_readers(width, len(vocabulary), batches))
        yield compare(f"reading, lstm {width}", "texts/s", contenders, rounds)


def _readers(
    width: int, vocabulary_size: int, batches: Sequence[Batch]
) -> Iterator[tuple[str, Callable[[], int]]]:
    """Yield each precision and what reads the batches in it, bfloat16 first."""
    torch.manual_seed(6)
    config = ModelConfig(cell="lstm", embedding_dim=64, hidden_dim=width)
    classifier = RNNClassifier(config, vocabulary_size).eval()
    for precision in ("bfloat16", "float32"):
        yield precision, partial(_read, in_precision(classifier, precision), batches)


def _read(classifier: RNNClassifier, batches: Sequence[Batch]) -> int:
    with torch.inference_mode():
        return sum(len(classifier(batch)) for batch in batches)
