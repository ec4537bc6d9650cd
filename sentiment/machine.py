"""What a model's golden texts tell of the machine that it answers on."""

from collections.abc import Sequence

import numpy as np
import torch

from sentiment.config import Precision, PrecisionChoice
from sentiment.model import Artifact
from sentiment.network.precision import choose_precision
from sentiment.network.reader import Reader
from sentiment.reading import TextReader
from sentiment.text.encoding import Encoder

# How often they stand in the batch by which the precision is chosen.
_GOLDEN_COPIES = 4


def precision_here(
    artifact: Artifact,
    encoder: Encoder,
    asked: PrecisionChoice,
    device: torch.device | None,
) -> Precision:
    """Return the precision to read in, of which a GPU has one.

    Raises:
        ConfigError: There is no such precision.
    """
    if device is not None and device.type == "cuda":
        return "float32"
    sequences = map(encoder.encode, artifact.golden_texts)
    golden = [token_ids for token_ids in sequences if token_ids] * _GOLDEN_COPIES
    return choose_precision(artifact.classifier, golden, asked)


def answers_alike_in_company(
    texts: Sequence[str], text_reader: TextReader, reader: Reader
) -> bool:
    """Say whether each text has the same digits alone as among the others, to the last.

    Of those that are asked for, and of those of files: a processor's kernels may not
    keep to it.
    """
    together = text_reader.read([*texts] * 4).sequences
    alone = [text_reader.read([text]).sequences for text in texts]
    return all(
        np.array_equal(
            logits(together)[: len(texts)],
            torch.cat([logits(one) for one in alone]),
            equal_nan=True,
        )
        for logits in (reader.logits, reader.logits_for_file)
    )
