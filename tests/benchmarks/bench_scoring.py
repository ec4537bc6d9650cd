"""Snippets a second from CSV to CSV, beside VADER, TF-IDF and its own two limits."""

import csv
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
from measuring import ROOT, Comparison, compare, prepared_rate, snippets
from nltk.tokenize import RegexpTokenizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import sentiment
from sentiment.artifacts.folder import save_artifact
from sentiment.artifacts.store import bundled_model
from sentiment.config import ModelConfig, PrecisionChoice
from sentiment.network.batching import Batch, Sequences, buckets
from sentiment.network.classifier import RNNClassifier
from sentiment.network.precision import in_precision, processor_has_bfloat16
from sentiment.network.runner import TOKEN_BUDGET, NetworkRunner
from sentiment.prediction.artifact import Artifact
from sentiment.prediction.predictor import Predictor
from sentiment.scoring.blocks import MAX_ROWS
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.progress import Progress
from sentiment.scoring.results import Tally
from sentiment.scoring.run import Scoring
from sentiment.text.encoding import Encoder, count_tokens
from sentiment.text.tokenizer import PATTERN
from sentiment.text.vocabulary import Vocabulary

# What a contender does in a turn, prepared; returns for how many texts.
Turn = Callable[[], int]

ROWS = 100_000
# More for the workers, each of which has its share of the file's end to itself.
WORKERS_ROWS = 80_000


def run(rounds: int, rows: int = ROWS) -> Iterator[Comparison]:
    """Compare an LSTM of 128 (its weights do not change its speed) and the bundled.

    Files have ``rows`` rows.
    """
    gc.freeze()  # as the command does
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        untrained = folder / "untrained"
        untrained.mkdir()
        save_artifact(_untrained(snippets()), untrained)
        # Of the untrained one's labels many are all but ties, which may turn by chance:
        # then it would be read in float32 as a trained one would not.
        rounded: PrecisionChoice = "bfloat16" if processor_has_bfloat16() else "float32"
        for told, model, precision, least in (
            ("the bundled model", bundled_model(), "auto", 1),
            ("LSTM 128", untrained, rounded, 2),
        ):
            print(f"wanted of {told}: {least}x VADER, 0.6 of the slower limit, 1.8x")
            predictor = sentiment.load(model, precision=precision)
            yield from _of_model(told, model, predictor, folder, rounds, rows)
        yield _repetition(bundled_model(), folder, rounds, rows)
    _first_answer(rounds)


def _of_model(
    told: str, model: Path, predictor: Predictor, folder: Path, rounds: int, rows: int
) -> Iterator[Comparison]:
    scoring = Scoring(predictor, model, ScoreOptions())
    print(f"scoring, {told}: reads in {predictor.precision}")
    beside = {
        "VADER": partial(_vader, SentimentIntensityAnalyzer(), Fresh(rows)),
        "TF-IDF(1,2)+LR, CSV to CSV": partial(
            _tfidf, _fitted_tfidf(), folder, Fresh(rows)
        ),
        "the regular expression alone": partial(_expression, Fresh(rows)),
        "the fused RNN alone": partial(_network, predictor, Fresh(rows)),
        "its own network alone": partial(_runner, predictor, Fresh(rows)),
    }
    found = {}
    for other, theirs in beside.items():
        name = f"scoring, {told}, CSV to CSV, against {other}"
        ours = partial(_score, scoring, folder, Fresh(rows))
        contenders = {told: ours, other: theirs}
        found[other] = compare(
            name, "snippets/s", contenders, rounds, measure=prepared_rate
        )
        yield found[other]
    limits = [found[other].ratios for other in list(beside)[2:4]]
    share = max(map(statistics.median, limits))
    print(f"scoring, {told}: {share:.2f} of the slower of its two limits")
    many = max(rows, WORKERS_ROWS)
    yield compare(
        f"scoring, {told}, two workers against one",
        "rows/s once begun",
        {
            "two": partial(_steady_rate, model, folder, 2, many),
            "one": partial(_steady_rate, model, folder, 1, many),
        },
        rounds,
        measure=lambda call: call(),
    )


def _repetition(model: Path, folder: Path, rounds: int, rows: int) -> Comparison:
    """Compare a file whose every text stands there twice with one of fresh texts."""
    scoring = Scoring(sentiment.load(model), model, ScoreOptions())
    contenders = {
        "twice": partial(_score, scoring, folder, Fresh(rows, copies=2)),
        "once": partial(_score, scoring, folder, Fresh(rows)),
    }
    name = "scoring, the bundled model, each text twice against once"
    return compare(name, "snippets/s", contenders, rounds, measure=prepared_rate)


class Fresh:
    """Gives a turn's texts, each made unique by a number, ``copies`` times each."""

    def __init__(self, rows: int, copies: int = 1) -> None:
        self._texts = snippets()
        self._rows = rows
        self._copies = copies
        self._given = 0

    def __call__(self) -> list[str]:
        numbers = range(self._given, self._given + self._rows // self._copies)
        self._given = numbers.stop
        fresh = [f"{self._texts[n % len(self._texts)]} {n}" for n in numbers]
        return fresh * self._copies


class Stopwatch(Progress):
    """Measures from the first block that is written: not how processes start."""

    def __init__(self) -> None:
        self.first: tuple[float, int] | None = None
        self.last = (0.0, 0)

    def update(self, _read_bytes: int, tally: Tally) -> None:
        """Note when so many rows were written."""
        self.last = (time.perf_counter(), tally.rows)
        self.first = self.first or self.last

    def rate(self) -> float:
        """Return rows a second."""
        began, before = self.first or self.last
        ended, rows = self.last
        return (rows - before) / (ended - began)


def _score(scoring: Scoring, folder: Path, fresh: Fresh) -> Turn:
    source = _written(fresh(), folder)
    return lambda: scoring.to_file(str(source), folder / "out.csv").rows


def _steady_rate(model: Path, folder: Path, workers: int, rows: int) -> float:
    watch = Stopwatch()
    scoring = Scoring(
        sentiment.load(model), model, ScoreOptions(), workers=workers, progress=watch
    )
    source = _written(Fresh(rows)(), folder)
    scoring.to_file(str(source), folder / "out.csv")
    return watch.rate()


def _written(texts: list[str], folder: Path) -> Path:
    path = folder / "in.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text in texts)])
    return path


def _vader(analyzer: SentimentIntensityAnalyzer, fresh: Fresh) -> Turn:
    texts = fresh()
    return lambda: len([analyzer.polarity_scores(text) for text in texts])


def _tfidf(pipeline: Pipeline, folder: Path, fresh: Fresh) -> Turn:
    source, output = _written(fresh(), folder), folder / "tfidf.csv"
    return partial(_tfidf_rows, pipeline, source, output)


def _tfidf_rows(pipeline: Pipeline, source: Path, output: Path) -> int:
    with source.open(newline="") as file:
        texts = [row[0] for row in csv.reader(file)][1:]
    probabilities = pipeline.predict_proba(texts).tolist()
    with output.open("w", newline="") as file:
        rows = zip(texts, probabilities, strict=True)
        csv.writer(file).writerows([text, *row] for text, row in rows)
    return len(texts)


def _fitted_tfidf() -> Pipeline:
    # What was learned does not change the speed, so any labels do.
    texts = snippets()[::4]
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(tol=1.0)
    )
    return pipeline.fit(texts, [len(text) % 3 for text in texts])


def _expression(fresh: Fresh) -> Turn:
    texts, tokenizer = fresh(), RegexpTokenizer(PATTERN)
    return lambda: len([tokenizer.tokenize(text) for text in texts])


def _network(predictor: Predictor, fresh: Fresh) -> Turn:
    """Return a turn of the network over the batches that the predictor would form."""
    encoder, texts = Encoder(predictor.artifact.vocabulary), fresh()
    network = in_precision(predictor.artifact.classifier, predictor.precision)
    batches: list[Batch] = []
    for start in range(0, len(texts), MAX_ROWS):
        block = texts[start : start + MAX_ROWS]
        sequences = Sequences.of([encoder.encode(text) for text in block])
        groups = buckets(sequences.lengths, TOKEN_BUDGET)
        batches.extend(sequences.batch(group) for group in groups)
    return partial(_read, network, batches)


def _runner(predictor: Predictor, fresh: Fresh) -> Turn:
    """Return a turn of the predictor's own way through the network, for files."""
    encoder, texts = Encoder(predictor.artifact.vocabulary), fresh()
    runner = NetworkRunner(predictor.artifact.classifier, predictor.precision)
    blocks = [
        Sequences.of([encoder.encode(text) for text in texts[start : start + MAX_ROWS]])
        for start in range(0, len(texts), MAX_ROWS)
    ]
    return lambda: sum(len(runner.logits_for_file(block)) for block in blocks)


def _read(network: RNNClassifier, batches: list[Batch]) -> int:
    with torch.inference_mode():
        return sum(len(network(batch)) for batch in batches)


def _untrained(texts: list[str]) -> Artifact:
    config = ModelConfig(cell="lstm", embedding_dim=128, hidden_dim=128)
    vocabulary = Vocabulary.build(count_tokens(texts), max_size=30_000, min_count=2)
    return Artifact(
        version="untrained",
        config=config,
        vocabulary=vocabulary,
        classifier=RNNClassifier(config, len(vocabulary)),
        created="2026-01-01T00:00:00Z",
    )


def _first_answer(rounds: int) -> None:
    """Print how long load and first answer take, beyond what they import."""
    extra = []
    for _ in range(rounds):
        imports = _seconds("import torch")
        answer = _seconds("import sentiment; sentiment.load().predict('Lovely!')")
        extra.append(answer - imports)
    print(
        "from start to first answer, beyond `import torch`: "
        f"{statistics.median(extra):.2f} s ({min(extra):.2f} to {max(extra):.2f}, "
        f"{rounds} rounds); wanted: at most 1.0 s"
    )


def _seconds(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    return time.perf_counter() - began
