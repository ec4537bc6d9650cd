"""Encode texts as the token ids that the network reads, or say why there are none."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sentiment.config import ModelConfig
from sentiment.errors import TextError
from sentiment.network.batching import Sequences, head_and_tail
from sentiment.text.encoding import ID_SIZE, Encoder, unpacked

_BYTES = (bytes, bytearray)
_DECODE = "decode them first, with .decode()"


class EncodedTexts(NamedTuple):
    """What the model reads of several texts, and why it can read nothing of some.

    ``sequences`` and ``token_counts`` (of the whole texts) have a row a text.
    """

    sequences: Sequences
    token_counts: NDArray[np.int64]
    errors: dict[int, TextError]


def encode_texts(
    encoder: Encoder,
    config: ModelConfig,
    texts: Sequence[str],
    max_characters: int | None = None,
) -> EncodedTexts:
    """Return what the network would be shown of each text.

    One of more than ``max_characters`` is refused; of one of too many tokens the first
    and the last are read.
    """
    packed: list[bytes] = []
    errors: dict[int, TextError] = {}
    for position, text in enumerate(texts):
        try:
            packed.append(_encode(encoder, text, max_characters))
        except TextError as error:
            packed.append(b"")
            errors[position] = error
    found = np.array(list(map(len, packed)), np.int64) // ID_SIZE
    for position in np.flatnonzero(found > config.max_tokens).tolist():
        whole = unpacked(packed[position])
        read = head_and_tail(whole, config.max_tokens, config.head_share)
        packed[position] = array("i", read).tobytes()
    token_ids = np.frombuffer(b"".join(packed), np.intc).astype(np.int64)
    lengths = np.minimum(found, config.max_tokens)
    return EncodedTexts(Sequences(token_ids, lengths), found, errors)


def _encode(encoder: Encoder, text: str, max_characters: int | None) -> bytes:
    """Return the packed ids of ``text``; raises TextError where it has none."""
    if max_characters is not None and len(text) > max_characters:
        raise TextError(
            "text_too_long",
            f"the text has {len(text):,} characters, at most "
            f"{max_characters:,} are taken: send it in parts",
        )
    packed = encoder.packed(text)
    if not packed:
        raise _unreadable(text)
    return packed


def require_texts(texts: Iterable[Any]) -> list[str]:
    """Return ``texts`` as a list.

    Raises:
        TypeError: One of them is not a text; the message names its position. Or they
            are a frame, a dictionary or bytes, or nothing that holds texts.
    """
    # Iterating over these gives their columns' names. The class is asked, since a
    # column of a frame may have a row called "columns".
    if isinstance(texts, Mapping) or hasattr(type(texts), "columns"):
        raise TypeError(
            f"{_taken_not(texts)}: "
            "name a column of it, or use predict_frame for a pandas frame"
        )
    if isinstance(texts, _BYTES):
        raise TypeError(f"{_taken_not(texts)}: {_DECODE}")
    try:
        rows = iter(texts)
    except TypeError as error:
        raise TypeError(_taken_not(texts)) from error
    # As a list, since indexing a column of a frame goes by labels.
    listed = list(rows)
    for position, text in enumerate(listed):
        if isinstance(text, _BYTES):
            kind = type(text).__name__
            raise TypeError(
                f"texts[{position}] is {kind}, which is not a text: {_DECODE}"
            )
        if not isinstance(text, str):
            raise TypeError(f"texts[{position}] is {text!r}, which is not a text")
    return listed


def _taken_not(given: object) -> str:
    return f"predict takes a text or a list of texts, not {type(given).__name__}"


def _unreadable(text: str) -> TextError:
    if not text or text.isspace():
        return TextError("empty_text", "the text is empty: it needs some words")
    return TextError(
        "no_tokens", "the text holds no word, number or sign that can be read"
    )
