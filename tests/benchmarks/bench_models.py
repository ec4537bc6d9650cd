"""One table, one run, one core: quality on public tests beside snippets a second.

`make bench ARGS="models --data DIR"`: the bundled model, its teacher (where it lies in
runs/teachers), VADER and TF-IDF with logistic regression on the same test texts; beside
them, for speed alone, a transformer of DistilBERT's size with random weights.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from measuring import Comparison, compare, snippets

import sentiment
from sentiment.errors import SentimentError
from training.data.gathering import read
from training.data.splitting import at_most
from training.distillation.config import TeacherUse
from training.distillation.teachers import load_teacher
from training.evaluation.baselines import fit_baselines
from training.evaluation.evaluate import evaluate, predict_probabilities
from training.fitting.encoded import example_weights
from training.fitting.precision import has_bfloat16
from training.recipes.config import TrainingConfig, read_recipe

Answers = Callable[[Sequence[str]], np.ndarray]

# Public tests that papers report, and how many texts of each are asked.
TESTS = ("imdb", "sst5", "semeval2017_tweets", "dynasent_r1", "dynasent_r2", "yelp")
TEXTS = 2_000
# So many snippets a turn: a transformer needs seconds for a few hundred.
FAST, SLOW = 4_000, 256


@dataclass(frozen=True)
class Contender:
    """Whoever answers; ``judged`` is False where the weights mean nothing."""

    name: str
    answer: Answers
    snippets: int = FAST
    judged: bool = True


def run(rounds: int, data: Path | None = None) -> Iterator[Comparison]:
    """Print the table, then each contender's speed against VADER's, in turns."""
    config = read_recipe("bundled")
    contenders = list(_contenders(config, data))
    if data is None:
        print("models: no --data DIR, so that speed alone is measured")
    else:
        _print_quality(config, data, contenders)
    texts = snippets()
    random.Random(5).shuffle(texts)
    vader = next(one for one in contenders if one.name == "VADER")
    for one in contenders:
        if one is not vader:
            turns = {each.name: _turn(each, texts) for each in (one, vader)}
            yield compare(f"answers, {one.name}", "snippets/s", turns, rounds)


def _turn(one: Contender, texts: list[str]) -> Callable[[], int]:
    chosen = texts[: one.snippets]

    def answer() -> int:
        one.answer(chosen)
        return len(chosen)

    return answer


def _contenders(config: TrainingConfig, data: Path | None) -> Iterator[Contender]:
    predictor = sentiment.load()
    yield Contender("bundled", lambda texts: predict_probabilities(predictor, texts))
    folder = Path("runs/teachers/bundled")
    try:
        teacher = load_teacher(TeacherUse(path=str(folder)), folder)
    except SentimentError as error:
        print(f"models: without the teacher ({error})")
    else:
        yield Contender("its teacher", teacher.probabilities, SLOW)
    names = ("vader",) if data is None else ("vader", "tfidf")
    examples = [] if data is None else read(config, data).splits.train
    weights = example_weights(examples, config.sources)
    baselines = fit_baselines(examples, names=names, weights=weights)
    yield Contender("VADER", baselines["vader"])
    if "tfidf" in baselines:
        yield Contender("TF-IDF + LR", baselines["tfidf"])
    try:
        yield Contender("DistilBERT's size", _distilbert(), 64, judged=False)
    except ImportError:
        print("models: without transformers (the extra teacher)")


def _print_quality(
    config: TrainingConfig, data: Path, contenders: list[Contender]
) -> None:
    test = [one for one in read(config, data).splits.test if one.source in TESTS]
    examples = at_most(dict.fromkeys(TESTS, TEXTS), test)
    texts = [example.text for example in examples]
    print(f"macro-F1 on {len(texts):,} test texts, at most {TEXTS} of a set")
    print(f"{'':20}" + "".join(f"{name:>20}" for name in TESTS))
    for one in contenders:
        if one.judged:
            found = evaluate(one.answer(texts), examples).of_sources()
            cells = (
                f"{100 * found[name].macro_f1:.1f} "
                f"({100 * found[name].interval.low:.0f} to "
                f"{100 * found[name].interval.high:.0f})"
                for name in TESTS
            )
            print(f"{one.name:20}" + "".join(f"{cell:>20}" for cell in cells))


def _distilbert() -> Answers:
    """Return a transformer of six layers and 768 units, whose answers mean nothing."""
    import transformers

    config = transformers.DistilBertConfig(num_labels=3)
    network = transformers.DistilBertForSequenceClassification(config).eval()
    if has_bfloat16(torch.device("cpu")):
        network = network.bfloat16()

    def answer(texts: Sequence[str]) -> np.ndarray:
        rows = []
        # Word pieces are about a third more than words.
        for start in range(0, len(texts), 32):
            words = [len(text.split()) for text in texts[start : start + 32]]
            ids = torch.randint(1_000, 20_000, (len(words), max(words) * 4 // 3 + 2))
            with torch.inference_mode():
                rows.append(network(input_ids=ids).logits.float().softmax(1).numpy())
        return np.concatenate(rows)

    return answer
