"""Where labelled texts come from: one ``[[sources]]`` table of a recipe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from sentiment.errors import ConfigError, nearest
from sentiment.labels import LABELS
from training.data.examples import SplitName

Kind = Literal["file", "vader-gold"]
Style = Literal["plain", "ptb"]
ClassWeights = Literal["balanced", "none"]


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """One source of texts, in one or several files of the same columns.

    ``path`` is a file, a pattern like ``reviews-*.csv``, or a list of those, relative
    to the data folder. The label is read from ``label_column`` (``labels`` maps the
    file's names to ours), from ``stars_column`` on a scale to ``star_scale``, or from
    three ``soft_label_columns`` with the shares of negative, neutral and positive. Of
    ``kind = "vader-gold"`` the path names the set: tweets, films, amazon or news.

    ``two_class`` says that the source has no neutral texts: neutral is masked in the
    loss and in its evaluation. ``style = "ptb"`` undoes Penn Treebank tokenising.
    ``splits`` maps the names in ``split_column`` to ours: ``{dev = "train"}``.
    ``held_out`` makes all of it test: a domain that training never sees.
    ``max_train_examples`` bounds what training takes, chosen by the texts' hashes.
    ``weight`` is how much one of its texts counts on average.
    """

    name: str
    kind: Kind = "file"
    path: str | list[str] = ""
    text_column: str = "text"
    label_column: str = "label"
    stars_column: str | None = None
    star_scale: int = 5
    soft_label_columns: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    split_column: str | None = None
    splits: Mapping[str, str] = field(default_factory=dict)
    two_class: bool = False
    held_out: bool = False
    style: Style = "plain"
    max_train_examples: int | None = None
    class_weights: ClassWeights = "balanced"
    weight: float = 1.0
    encoding: str | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        for name, choices in (
            ("kind", get_args(Kind)),
            ("style", get_args(Style)),
            ("class_weights", get_args(ClassWeights)),
        ):
            value = getattr(self, name)
            if value not in choices:
                raise ConfigError(
                    f"source {self.name!r}: there is no {name} {value!r}: "
                    f"{nearest(str(value), choices)}"
                )
        if self.kind == "file" and not self.path:
            raise ConfigError(f"source {self.name!r} names no file: give it a path")
        for theirs, ours in self.labels.items():
            if ours not in LABELS:
                raise ConfigError(
                    f"source {self.name!r} maps {theirs!r} to {ours!r}: "
                    f"{nearest(ours, LABELS)}"
                )
        for theirs, split in self.splits.items():
            if split not in get_args(SplitName):
                raise ConfigError(
                    f"source {self.name!r} maps split {theirs!r} to {split!r}: "
                    f"{nearest(split, get_args(SplitName))}"
                )
        if self.star_scale not in (5, 10):
            raise ConfigError(
                f"source {self.name!r}: star_scale is {self.star_scale!r}, not 5 or 10"
            )
        if self.soft_label_columns and len(self.soft_label_columns) != len(LABELS):
            raise ConfigError(
                f"source {self.name!r}: soft_label_columns names "
                f"{len(self.soft_label_columns)} columns, not one for each of {LABELS}"
            )
        if self.weight <= 0:
            raise ConfigError(
                f"source {self.name!r}: weight is {self.weight!r}, not above 0"
            )

    @property
    def paths(self) -> list[str]:
        """The files or patterns, as a list."""
        return [self.path] if isinstance(self.path, str) else list(self.path)
