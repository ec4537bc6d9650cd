"""Snippets scored a second on one core: the predictor against VADER."""

from collections.abc import Iterator
from functools import partial

from measuring import Comparison, compare, snippets
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import sentiment
from sentiment.classifier import RNNClassifier
from sentiment.config import ModelConfig
from sentiment.encoding import count_tokens
from sentiment.model import Artifact
from sentiment.predictor import Predictor
from sentiment.store import bundled_model
from sentiment.vocabulary import Vocabulary

# As many rows as the command line reads at a time.
BLOCK = 1_024


def run(rounds: int) -> Iterator[Comparison]:
    """Compare an LSTM of 128 (its weights do not change its speed) and the bundled."""
    texts = snippets()
    # A slice a turn, of all four sets: what is new in a text is part of the work.
    slices = [texts[turn :: rounds + 1] for turn in range(rounds + 1)]
    analyzer = SentimentIntensityAnalyzer()
    models = {"LSTM 128": _untrained(texts), "the bundled model": _bundled()}
    for name, predictor in models.items():
        ours = partial(_predict, predictor, iter(slices))
        contenders = {name: ours, "VADER": partial(_vader, analyzer, iter(slices))}
        yield compare(
            f"scoring, {name} against VADER", "snippets/s", contenders, rounds
        )


def _bundled() -> Predictor:
    return sentiment.load(bundled_model())


def _untrained(texts: list[str]) -> Predictor:
    config = ModelConfig(cell="lstm", embedding_dim=128, hidden_dim=128)
    vocabulary = Vocabulary.build(count_tokens(texts), max_size=30_000, min_count=2)
    artifact = Artifact(
        version="untrained",
        config=config,
        vocabulary=vocabulary,
        classifier=RNNClassifier(config, len(vocabulary)),
        temperature=1.0,
        metrics={},
        card="",
        created="2026-01-01T00:00:00Z",
    )
    return Predictor(artifact)


def _predict(predictor: Predictor, slices: Iterator[list[str]]) -> int:
    texts = next(slices)
    for start in range(0, len(texts), BLOCK):
        predictor.predict_each(texts[start : start + BLOCK])
    return len(texts)


def _vader(analyzer: SentimentIntensityAnalyzer, slices: Iterator[list[str]]) -> int:
    texts = next(slices)
    for text in texts:
        analyzer.polarity_scores(text)
    return len(texts)
