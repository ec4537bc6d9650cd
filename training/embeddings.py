"""Word vectors to start an embedding from, of a transformer or a text file."""

import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sentiment.errors import ConfigError, DataError
from sentiment.special_tokens import PAD, SPECIAL
from sentiment.tables.sources import GZIP_MAGIC, unzipped
from sentiment.text.vocabulary import Vocabulary
from training.data.source import no_such_file
from training.recipes.config import TrainingConfig

Vectors = npt.NDArray[np.float32]

# The standard deviation of the starting vectors: large enough to distinguish words,
# small enough that dropout and the first steps still have an effect.
_SPREAD = 0.5

# How names of files end, and those of transformers do not.
_OF_FILES = (".txt", ".vec", ".gz", ".bin")

# So many bytes show whether a file is text.
_SAMPLE = 1 << 16

_log = logging.getLogger(__name__)


def start_from_vectors(
    embedding: nn.Embedding,
    config: TrainingConfig,
    vocabulary: Vocabulary,
    data_root: Path,
) -> None:
    """Initialise ``embedding`` with the recipe's word vectors, if it names any.

    Raises:
        ConfigError, DataError, MissingExtraError: As :func:`starting_embedding`.
    """
    if config.embeddings:
        vectors = starting_embedding(
            config.embeddings,
            vocabulary,
            embedding.embedding_dim,
            data_root=data_root,
            seed=config.seed,
        )
        embedding.weight.data.copy_(vectors)


def starting_embedding(
    name: str, vocabulary: Vocabulary, dim: int, *, data_root: Path, seed: int
) -> Tensor:
    """Return a first embedding, shape ``(vocabulary, dim)``.

    Vectors wider than ``dim`` are projected on their principal components. Tokens
    without a vector get a random one of the same spread; ``<pad>`` stays zero.

    Args:
        name: A sentence transformer (a folder, or a package that carries one), or a
            text file in the format of GloVe or word2vec, gzipped or not.
        vocabulary: The tokens.
        dim: Numbers a token.
        data_root: Where a relative file begins.
        seed: Of the random vectors.

    Raises:
        ConfigError: There is no such transformer, or the file is not text.
        DataError: The file is missing or of another format, has fewer than ``dim``
            numbers a word, or the same vector for all tokens.
        MissingExtraError: A transformer needs the extra ``teacher``.
    """
    file = data_root / name
    if file.is_file():
        vectors = read_vectors(file, vocabulary)
    elif name.endswith(_OF_FILES) and not Path(name).is_dir():
        raise no_such_file("embeddings", file)
    else:
        vectors = transformer_vectors(name, vocabulary)
    known = ~np.isnan(vectors).any(axis=1)
    if vectors.shape[1] < dim:
        raise DataError(
            f"{name} has vectors of {vectors.shape[1]} numbers, fewer than "
            f"embedding_dim, {dim}: lower it in [model], or name wider vectors"
        )
    if not np.ptp(vectors[known], axis=0).any():
        raise DataError(
            f"{name} does not distinguish {len(vocabulary)} tokens: it has vectors for "
            f"{known.sum()} of them, all alike. A possible solution is to name vectors "
            "of the language of the texts"
        )
    _log.info("%s knows %d of %d tokens", name, known.sum(), len(vocabulary))
    random = np.random.default_rng(seed)
    found = random.normal(0, _SPREAD, (len(vocabulary), dim)).astype(np.float32)
    found[known] = principal_components(vectors[known], dim)
    found[PAD] = 0
    return torch.from_numpy(found)


def principal_components(vectors: Vectors, dim: int) -> Vectors:
    """Return ``vectors`` in their first ``dim`` principal components, rescaled."""
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred.T @ centred)
    turned = centred @ directions[:dim].T
    scaled: Vectors = (turned * (_SPREAD / turned.std())).astype(np.float32)
    return scaled


def transformer_vectors(name: str, vocabulary: Vocabulary) -> Vectors:
    """Return a sentence transformer's vector for each single token."""
    from training.distillation.transformer import (
        TransformerClassifier,
        WordPieces,
        batches_of,
        find_base,
    )

    folder = find_base(name)
    pieces = WordPieces(folder)
    network = TransformerClassifier.from_folder(folder, dropout=0.0).eval()
    ids = [
        [] if token in SPECIAL else pieces.encode(as_word(token))
        for token in vocabulary.tokens
    ]
    found = np.full((len(ids), network.output.in_features), np.nan, dtype=np.float32)
    for rows, batch in batches_of(ids, torch.device("cpu")):
        with torch.inference_mode():
            found[rows] = network.pooled(batch).numpy()
    return found


def as_word(token: str) -> str:
    """Return a token in a form that a transformer knows.

    >>> as_word("<number>"), as_word("don't")
    ('number', "don't")
    """
    return token[1:-1] if token.startswith("<") and token.endswith(">") else token


def read_vectors(file: Path, vocabulary: Vocabulary) -> Vectors:
    """Return the vectors of a text file for the tokens it knows, NaN for the others.

    Raises:
        ConfigError: It cannot be read, or is not text.
        DataError: A line is not a word with as many finite numbers as the others, or
            there is no vector for any token.
    """
    rows = {token: row for row, token in enumerate(vocabulary.tokens)}
    found: Vectors | None = None
    for number, word, numbers, width in _lines(file):
        if found is None:
            found = np.full((len(vocabulary), width), np.nan, dtype=np.float32)
        if word in rows:
            found[rows[word]] = _vector(numbers, width, f"{file}:{number}")
    if found is None:
        raise DataError(f"{file} holds no word vector: it is empty, or ends too early")
    if np.isnan(found).all():
        raise DataError(
            f"{file} has a vector for no token of the vocabulary: a possible solution "
            "is to name vectors of the language of the texts, with words in lower case"
        )
    return found


def _vector(numbers: list[bytes], width: int, place: str) -> Vectors:
    try:
        if len(numbers) != width:
            raise ValueError(numbers)
        vector = np.array([float(one) for one in numbers], dtype=np.float32)
    except ValueError as error:
        raise DataError(f"{place} is not a word with {width} numbers") from error
    if not np.isfinite(vector).all():
        raise DataError(f"{place} holds a number that is not finite")
    return vector


def _lines(file: Path) -> Iterator[tuple[int, str, list[bytes], int]]:
    """Yield line number, word, numbers, and how many of them each word should have.

    That is in the first line of word2vec's format; for GloVe's it is that of the first
    word. A word may contain spaces: it is all that comes before the numbers.
    """
    width = 0
    try:
        with _unpacked(file) as opened:
            for number, line in enumerate(opened, start=1):
                if number == 1:
                    _, *first = line.split() or [b""]
                    width = len(first)
                    if width == 1 and first[0].isdigit():
                        width = int(first[0])
                        continue
                # Bytes are split at ASCII's white space alone: some words are another.
                word, *numbers = line.rsplit(None, width) or [b""]
                # Large files have some words that are not UTF-8, and so no token.
                yield number, word.decode(errors="replace"), numbers, width
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"{file} is not a text file of vectors: {error}") from error


@contextmanager
def _unpacked(file: Path) -> Iterator[BinaryIO]:
    """Open a file, gzipped or not.

    Raises:
        ConfigError: It is not text.
    """
    with file.open("rb") as source:
        gzipped = source.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        source.seek(0)
        with unzipped(source, gzipped) as content:
            if b"\0" in content.read(_SAMPLE):
                raise ConfigError(
                    f"{file} is not a text file of vectors but a binary one: a "
                    "possible solution is to save it in word2vec's text format"
                )
            content.seek(0)
            yield content
