"""Sentences sampled from a language model, to see what it has learned."""

import torch

from sentiment.special_tokens import PAD, UNK
from sentiment.text.encoding import Encoder
from sentiment.text.vocabulary import Vocabulary
from training.language_model.network import LanguageModel, State

# What sampled sentences begin with.
_STARTS = ("", "I would", "the acting")

_LONGEST = 40
_ENDS = {".", "!", "?"}


def openings(vocabulary: Vocabulary) -> list[str]:
    """Return what sentences begin with: nothing, or words of the vocabulary.

    An opening with an unknown word is replaced by the most frequent word.
    """
    encoder = Encoder(vocabulary)
    frequent = (token for token in vocabulary.tokens if token.isalpha())
    known = (
        next(frequent, "") if UNK in encoder.encode(start) else start
        for start in _STARTS
    )
    return list(dict.fromkeys(known))


def sample(
    model: LanguageModel,
    vocabulary: Vocabulary,
    *,
    count: int,
    seed: int,
    start: str = "",
    temperature: float = 0.8,
) -> list[str]:
    """Return ``count`` sentences, each beginning with ``start``.

    A temperature below 1 favours likely words; ``<unk>`` is never chosen.
    """
    random = torch.Generator().manual_seed(seed)
    ids = Encoder(vocabulary).encode(start)
    model.eval()
    return [
        _sentence(model, vocabulary, ids, random, temperature) for _ in range(count)
    ]


def _sentence(
    model: LanguageModel,
    vocabulary: Vocabulary,
    start: list[int],
    random: torch.Generator,
    temperature: float,
) -> str:
    state: State | None = None
    sentence = list(start)
    # The end of the text before it.
    reading = [PAD, *start]
    with torch.no_grad():
        while len(sentence) < _LONGEST:
            states, state = model.read(torch.tensor([reading]), state)
            weights = model.log_probabilities(states[:, -1])[0] / temperature
            weights[UNK] = -torch.inf
            if not sentence:
                weights[PAD] = -torch.inf
            chosen = int(torch.multinomial(weights.softmax(0), 1, generator=random))
            if chosen == PAD:
                break
            sentence.append(chosen)
            reading = [chosen]
            if vocabulary.tokens[chosen] in _ENDS:
                break
    return " ".join(vocabulary.tokens[one] for one in sentence)
