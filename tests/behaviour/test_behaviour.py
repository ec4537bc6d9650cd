"""What anyone would expect of the bundled model, in shares of the cases that pass."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

import sentiment
from sentiment.labels import LABELS
from sentiment.prediction import Prediction
from sentiment.store import bundled_model
from sentiment.text.emoji import EMOTICONS

CASES = Path(__file__).with_name("cases.toml")

# The shares that must pass: what the bundled model reaches, less a case or two. A
# better model raises them; nothing lowers them. Praise and blame without their words
# ("I found a hair in my salad"), and answers that take no side, are where it falls
# short.
BARS = {"minimum": 0.95, "invariance": 0.97, "direction": 0.97}
LABEL_BAR = 0.80

# Where a change that says nothing turns the label, the two were as good as even.
CLOSE = 0.1

Answers = Mapping[str, Prediction]


class Case(Protocol):
    """One expectation; ``failure`` says how the answers miss it, or is empty."""

    @property
    def texts(self) -> tuple[str, ...]: ...

    def failure(self, answers: Answers) -> str: ...


@dataclass(frozen=True)
class Minimum:
    """A sentence that leaves no doubt of its label."""

    label: str
    text: str

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.text,)

    def failure(self, answers: Answers) -> str:
        answer = answers[self.text]
        if answer.label == self.label:
            return ""
        return f"{shown(answer)}, not {self.label}: {self.text!r}"


@dataclass(frozen=True)
class Invariance:
    """Two texts that say the same."""

    what: str
    texts: tuple[str, str]

    def failure(self, answers: Answers) -> str:
        one, other = (answers[text] for text in self.texts)
        gap = max(
            abs(a - b)
            for a, b in zip(one.probabilities, other.probabilities, strict=True)
        )
        if one.label == other.label or gap <= CLOSE:
            return ""
        return f"{self.what}: {shown(one)}, then {shown(other)}: {self.texts}"


@dataclass(frozen=True)
class Direction:
    """Two texts, and the bounds of how ``label`` changes from one to the other."""

    what: str
    label: str
    texts: tuple[str, str]
    at_least: float = -1.0
    at_most: float = 1.0

    def failure(self, answers: Answers) -> str:
        at = LABELS.index(self.label)
        before, after = (answers[text].probabilities[at] for text in self.texts)
        if self.at_least <= after - before <= self.at_most:
            return ""
        return f"{self.what}: {self.label} {before:.2f} to {after:.2f}: {self.texts}"


def read_cases(tables: Mapping[str, Any]) -> dict[str, list[Case]]:
    """Return the cases of each kind."""
    return {
        "minimum": [
            Minimum(label, text)
            for label, texts in tables["minimum"].items()
            for text in texts
        ],
        "invariance": list(pairs_of(Invariance, tables["invariance"])),
        "direction": list(pairs_of(Direction, tables["direction"])),
    }


def pairs_of(
    kind: type[Invariance] | type[Direction], tables: list[dict[str, Any]]
) -> Iterator[Case]:
    for table in tables:
        rest = {name: value for name, value in table.items() if name != "pairs"}
        for one, other in table["pairs"]:
            yield kind(texts=(one, other), **rest)


def shown(answer: Prediction) -> str:
    return f"{answer.label} {answer.confidence:.2f}"


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    return read_cases(tomllib.loads(CASES.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def answers(cases: dict[str, list[Case]]) -> Answers:
    """Ask the bundled model everything at once.

    The bundled one, not `models/current`: what a developer trained on a few thousand
    texts is not what the project promises.
    """
    texts = sorted(
        {text for kind in cases.values() for case in kind for text in case.texts}
    )
    predictions = sentiment.load(bundled_model()).predict(texts)
    return dict(zip(texts, predictions, strict=True))


@pytest.mark.parametrize("kind", BARS)
def test_the_share_of_each_kind_of_case_that_passes_reaches_the_bar(
    kind: str, cases: dict[str, list[Case]], answers: Answers
):
    failures = [found for case in cases[kind] if (found := case.failure(answers))]
    passed = 1 - len(failures) / len(cases[kind])
    told = f"{kind}: {passed:.1%} of {len(cases[kind])} pass, {BARS[kind]:.0%} must"
    print("\n  ".join([told, *failures]))
    assert passed >= BARS[kind], "\n  ".join([told, *failures])


def test_no_label_is_forgotten_for_the_others(
    cases: dict[str, list[Case]], answers: Answers
):
    for label in LABELS:
        asked = [case for case in cases["minimum"] if case.label == label]  # type: ignore[attr-defined]
        right = sum(not case.failure(answers) for case in asked)
        assert right / len(asked) >= LABEL_BAR, f"{label}: {right} of {len(asked)}"


def test_what_the_card_says_of_the_bundled_model_is_so(
    cases: dict[str, list[Case]], answers: Answers
):
    card = (bundled_model() / "README.md").read_text(encoding="utf-8")
    told = " ".join(card.partition("## What it gets wrong")[2].split())
    bars = [f"at least {bar:.0%}".replace("%", " %") for bar in BARS.values()]
    assert [bar for bar in bars if bar not in told] == []
    quoted = [text for text in re.findall(r'"([^"]+)"', told) if text.endswith(".")]
    failing = {
        text
        for case in cases["minimum"]
        if case.failure(answers)
        for text in case.texts
    }
    assert len(quoted) >= 3
    failing |= hard_cases_that_fail()
    assert [text for text in quoted if text not in failing] == []


def hard_cases_that_fail() -> set[str]:
    """Return the single texts of third.toml that do not get their label."""
    tables = tomllib.loads(CASES.with_name("third.toml").read_text(encoding="utf-8"))
    predictor = sentiment.load(bundled_model())
    return {
        text
        for table in tables["minimum"]
        for text in table["texts"]
        if predictor.predict(text).label != table["label"]
    }


def test_there_are_cases_enough_and_none_stands_twice(cases: dict[str, list[Case]]):
    everything = [case.texts for kind in cases.values() for case in kind]
    assert len(everything) >= 200
    assert len(set(everything)) == len(everything)
    for kind, few in {"minimum": 100, "invariance": 60, "direction": 60}.items():
        assert len(cases[kind]) >= few, kind


def test_a_case_asks_for_a_change_that_can_be_missed(cases: dict[str, list[Case]]):
    for case in cases["direction"]:
        assert isinstance(case, Direction)
        assert case.label in LABELS
        assert (case.at_least, case.at_most) != (-1.0, 1.0), case.what
    for case in [*cases["invariance"], *cases["direction"]]:
        assert case.texts[0] != case.texts[1]


def answer(*probabilities: float) -> Prediction:
    at = probabilities.index(max(probabilities))
    return Prediction(
        label=LABELS[at],
        confidence=max(probabilities),
        probabilities=probabilities,  # type: ignore[arg-type]
        token_count=1,
        tokens_read=1,
        unknown_tokens=0,
    )


def test_each_kind_of_case_can_pass_and_can_fail():
    told = {
        "good": answer(0.1, 0.1, 0.8),
        "great": answer(0.05, 0.05, 0.9),
        "bad": answer(0.8, 0.1, 0.1),
        "even": answer(0.5, 0.05, 0.45),
        "as even": answer(0.45, 0.05, 0.5),
    }
    assert not Minimum("positive", "good").failure(told)
    assert "positive 0.80, not neutral" in Minimum("neutral", "good").failure(told)
    assert not Invariance("same", ("good", "great")).failure(told)
    assert not Invariance("same", ("even", "as even")).failure(told)
    assert "negative 0.80" in Invariance("same", ("good", "bad")).failure(told)
    up = Direction("up", "positive", ("bad", "good"), at_least=0.05)
    assert not up.failure(told)
    down = Direction("down", "positive", ("bad", "good"), at_most=-0.05)
    assert "positive 0.10 to 0.80" in down.failure(told)


@pytest.mark.parametrize("frame", ["My order {}", "The new menu {}", "Day two here {}"])
def test_an_emoji_counts_although_the_bundled_model_has_met_none(frame: str) -> None:
    predictor = sentiment.load(bundled_model())
    assert not EMOTICONS.keys() & set(predictor.artifact.vocabulary.tokens)
    negative, positive = LABELS.index("negative"), LABELS.index("positive")
    texts = [frame.format(emoji) for emoji in ("", "😍", "😡")]
    plain, loved, hated = (one.probabilities for one in predictor.predict(texts))
    assert loved[positive] > plain[positive] + 0.05
    assert hated[negative] > plain[negative] + 0.05
