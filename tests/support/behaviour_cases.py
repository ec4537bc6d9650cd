"""Read the behaviour cases, and say which of them a model passes.

As in CheckList (Ribeiro et al. 2020): minimum functionality, invariance, direction.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sentiment.labels import NEGATIVE, POSITIVE
from sentiment.prediction.prediction import Prediction

FOLDER = Path(__file__).parents[1] / "behaviour"

Answers = Mapping[str, Prediction]


class Case(Protocol):
    """One expectation; ``failure`` says how the answers miss it, or is empty."""

    @property
    def what(self) -> str: ...

    @property
    def texts(self) -> tuple[str, ...]: ...

    def failure(self, answers: Answers) -> str: ...


@dataclass(frozen=True)
class Minimum:
    """A text that leaves no doubt of its label."""

    what: str
    texts: tuple[str, ...]
    label: str

    def failure(self, answers: Answers) -> str:
        (text,) = self.texts
        if answers[text].label == self.label:
            return ""
        return f"{shown(answers[text])}, not {self.label}: {text!r}"


@dataclass(frozen=True)
class Invariance:
    """Two texts that say the same, and so have the same label."""

    what: str
    texts: tuple[str, ...]

    def failure(self, answers: Answers) -> str:
        one, other = (answers[text] for text in self.texts)
        if one.label == other.label:
            return ""
        return f"{shown(one)}, then {shown(other)}: {self.texts}"


@dataclass(frozen=True)
class Direction:
    """Two texts; from one to the other the balance moves, or it does not move back.

    The balance is the probability of positive less that of negative. It must move by
    more than ``by`` towards one of the two; a negative ``by`` allows as much the other
    way. ``label``: what the second text must be called, if that is beyond doubt.
    """

    what: str
    texts: tuple[str, ...]
    towards: str
    by: float = 0.0
    label: str | None = None

    def failure(self, answers: Answers) -> str:
        before, after = (answers[text] for text in self.texts)
        moved = balance(after) - balance(before)
        forth = moved if self.towards == "positive" else -moved
        if forth > self.by and after.label == (self.label or after.label):
            return ""
        return f"{moved:+.2f}, then {shown(after)}: {self.texts}"


@dataclass(frozen=True)
class Cases:
    """The cases of one file.

    ``bar`` is the share that must pass; ``floors`` how many of a capability must, where
    that is less than all but one.
    """

    bar: float
    floors: Mapping[str, int]
    cases: Sequence[Case] = field(repr=False)

    def of(self, kind: type[Case]) -> list[Case]:
        """Return the cases of one kind."""
        return [case for case in self.cases if isinstance(case, kind)]

    def texts(self) -> set[str]:
        """Return every text that is asked for."""
        return {text for case in self.cases for text in case.texts}


def read_cases(name: str) -> Cases:
    """Return the cases of ``tests/behaviour/NAME.toml``."""
    file = FOLDER / f"{name}.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return Cases(tables["bar"], tables.get("floors", {}), [*_cases_in(tables)])


def _cases_in(tables: Mapping[str, Any]) -> Iterator[Case]:
    for table in tables["minimum"]:
        for text in table["texts"]:
            yield Minimum(f"minimum, {table['what']}", (text,), table["label"])
    for table in tables["invariance"]:
        for pair in table["pairs"]:
            yield Invariance(f"invariance, {table['what']}", tuple(pair))
    for table in tables["direction"]:
        rest = {
            name: table[name] for name in ("towards", "by", "label") if name in table
        }
        for pair in table["pairs"]:
            yield Direction(f"direction, {table['what']}", tuple(pair), **rest)


def balance(answer: Prediction) -> float:
    """Return by how much positive is more probable than negative."""
    return answer.probabilities[POSITIVE] - answer.probabilities[NEGATIVE]


def shown(answer: Prediction) -> str:
    """Return the label with its confidence."""
    return f"{answer.label} {answer.confidence:.2f}"
