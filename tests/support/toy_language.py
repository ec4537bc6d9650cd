"""A language of two words: a text is positive where no b comes before an a."""

import random
from dataclasses import replace

import torch

from sentiment.config import ModelConfig
from sentiment.network.classifier import RNNClassifier
from sentiment.text.encoding import Encoder
from sentiment.text.vocabulary import Vocabulary
from training.data.examples import Example
from training.fitting.config import FitConfig
from training.fitting.encoded import EncodedSplit, encode_split

QUICK = FitConfig(
    epochs=3, batch_texts=16, learning_rate=5e-3, device="cpu", checkpoint_minutes=99
)

VOCABULARY = Vocabulary(("<pad>", "<unk>", "a", "b"))
POSITIVE, NEGATIVE = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)


def words_of_a_language(count: int, seed: int) -> list[Example]:
    """Return texts, as many positive ones as others."""
    chance = random.Random(seed)
    examples = []
    while len(examples) < count:
        length = chance.randint(1, 9)
        sorted_word = chance.random() < 0.5
        word = chance.choices("ab", k=length)
        if sorted_word:
            word.sort()
        holds = "ba" not in "".join(word)
        target = POSITIVE if holds else NEGATIVE
        if len(examples) % 2 == holds:
            examples.append(Example(text=" ".join(word), target=target, source="toy"))
    return examples


def encoded(examples: list[Example]) -> EncodedSplit:
    """Return examples as a network reads them."""
    split, _ = encode_split(
        examples, Encoder(VOCABULARY), max_tokens=50, head_share=0.25
    )
    return split


def half_labelled(split: EncodedSplit) -> EncodedSplit:
    """Return the split with nothing said of every other text."""
    weights = split.weights.clone()
    weights[::2] = 0.0
    return replace(split, weights=weights)


def network(**config: object) -> RNNClassifier:
    """Return a fresh small network, without dropout unless it is asked for."""
    torch.manual_seed(5)
    shape = {"embedding_dim": 16, "hidden_dim": 32, "embedding_dropout": 0.0}
    return RNNClassifier(ModelConfig(**{**shape, "dropout": 0.0, **config}), 4)


def weights_after(run: torch.nn.Module) -> torch.Tensor:
    """Return all weights of a network in one row."""
    return torch.cat([parameter.flatten() for parameter in run.parameters()])
