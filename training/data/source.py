"""Where labelled texts come from: one ``[[sources]]`` table of a recipe."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sentiment.errors import ConfigError, nearest
from sentiment.labels import LABELS
from training.data.examples import SplitName

Kind = Literal["file", "vader-gold", "feedback"]
Style = Literal["plain", "ptb"]
ClassWeights = Literal["balanced", "none"]


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """One source of texts, in one or several files of the same columns.

    ``path`` is a file, a pattern like ``reviews-*.csv``, or a list of those, relative
    to the data folder. Of ``kind = "vader-gold"`` it names the sets: tweets, films,
    amazon, news; none named means all.

    Of ``kind = "feedback"`` it is the SQLite file in which the service keeps users'
    corrections; without one, the environment's variable ``url_from``
    (``SENTIMENT_FEEDBACK``) holds the database's address. It is for training alone.

    The label comes from ``label_column`` (``labels`` maps the file's names to ours),
    from ``stars_column`` on a scale up to ``star_scale``, or from three
    ``soft_label_columns`` with the shares of negative, neutral and positive. Where none
    is named it is the column ``label``, or ``stars`` in a file without it.

    ``two_class`` says that the source has no neutral texts: neutral is masked in the
    loss and in its evaluation. ``style = "ptb"`` undoes Penn Treebank tokenising.
    ``splits`` maps the names in ``split_column`` to ours: ``{dev = "train"}``.
    ``held_out`` makes all of it test, a domain that training never sees; of a
    ``train_only`` source nothing is held out but what its own split says.
    ``max_train_examples`` bounds what training takes, chosen by the texts' hashes.
    ``weight`` is how much one of its texts counts on average, and ``class_weights =
    "balanced"`` lets its labels count alike.

    For people: ``domain`` is what the texts are about (`--leave-out` takes it),
    ``unit`` what they are (reviews, sentences, tweets), and ``terms`` what their owner
    says of their use; reports and the model card tell them apart.

    Raises:
        ConfigError: A value cannot be meant; the message names the source.
    """

    name: str
    kind: Kind = "file"
    path: str | Sequence[str] = ""
    url_from: str = ""
    text_column: str = "text"
    label_column: str | None = None
    stars_column: str | None = None
    star_scale: int = 5
    soft_label_columns: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    split_column: str | None = None
    splits: Mapping[str, str] = field(default_factory=dict)
    two_class: bool = False
    held_out: bool = False
    train_only: bool = False
    style: Style = "plain"
    max_train_examples: int | None = None
    class_weights: ClassWeights = "balanced"
    weight: float = 1.0
    domain: str = ""
    unit: str = ""
    terms: str = ""
    encoding: str | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        for name, wanted in _TYPES.items():
            self._check_type(name, wanted)
        self._check_choice("kind", get_args(Kind))
        self._check_choice("style", get_args(Style))
        self._check_choice("class_weights", get_args(ClassWeights))
        self._check_mapping("labels", LABELS)
        self._check_mapping("splits", get_args(SplitName))
        self._check_numbers()
        self._check_label_columns()
        if not self.name:
            raise ConfigError("a source has no name: reports tell sources by it")
        if self.kind == "file" and not self.paths:
            raise self._error("it names no file: give it a path")
        self._check_feedback()
        if self.held_out and self.train_only:
            raise self._error("held_out and train_only exclude each other")

    @property
    def paths(self) -> list[str]:
        """The files or patterns, as a list."""
        if isinstance(self.path, str):
            return [self.path] if self.path else []
        return list(self.path)

    def _check_type(self, name: str, wanted: tuple[type, ...]) -> None:
        value = getattr(self, name)
        # A bool is an int to Python, and never meant as one here.
        wrong = isinstance(value, bool) and bool not in wanted
        if wrong or not isinstance(value, wanted):
            expected = " or ".join(dict.fromkeys(_TYPE_NAMES[one] for one in wanted))
            raise self._error(f"{name} must be {expected}, not {value!r}")
        if isinstance(value, list | tuple):
            for item in value:
                if not isinstance(item, str):
                    raise self._error(f"{name} must hold texts, not {item!r}")

    def _check_choice(self, name: str, choices: Iterable[str]) -> None:
        value = getattr(self, name)
        if value not in choices:
            raise self._error(
                f"there is no {name} {value!r}: {nearest(value, choices)}"
            )

    def _check_mapping(self, name: str, choices: Iterable[str]) -> None:
        for theirs, ours in getattr(self, name).items():
            if ours not in choices:
                hint = nearest(str(ours), choices)
                raise self._error(f"{name} maps {theirs!r} to {ours!r}: {hint}")

    def _check_numbers(self) -> None:
        if self.star_scale not in (5, 10):
            raise self._error(f"star_scale must be 5 or 10, not {self.star_scale}")
        if not 0 < self.weight < float("inf"):
            raise self._error(f"weight must be above 0, not {self.weight}")
        if self.max_train_examples is not None and self.max_train_examples < 1:
            raise self._error(
                f"max_train_examples must be at least 1, not {self.max_train_examples}"
            )

    def _check_label_columns(self) -> None:
        ways = ("label_column", "stars_column", "soft_label_columns")
        named = [way for way in ways if getattr(self, way)]
        if len(named) > 1:
            raise self._error(f"{' and '.join(named)} exclude each other: name one")
        count = len(self.soft_label_columns)
        if count not in (0, len(LABELS)):
            raise self._error(
                f"soft_label_columns names {count} columns, not one for each of "
                f"{', '.join(LABELS)}"
            )

    def _check_feedback(self) -> None:
        if self.kind != "feedback":
            if self.url_from:
                raise self._error('url_from is for kind = "feedback"')
            return
        for name in _NOT_OF_FEEDBACK:
            if getattr(self, name):
                raise self._error(
                    f'{name} is not for kind = "feedback": its texts and labels stand '
                    "in columns of their own, and train alone"
                )
        if len(self.paths) + bool(self.url_from) > 1:
            raise self._error("name one path or url_from: it is one database")

    def _error(self, what: str) -> ConfigError:
        return ConfigError(f"source {self.name!r}: {what}")


# What would say where corrections are read from, or let them judge.
_NOT_OF_FEEDBACK = (
    *("label_column", "stars_column", "soft_label_columns", "labels"),
    *("split_column", "splits", "held_out", "train_only", "two_class"),
    *("encoding", "delimiter"),
)

_NONE = type(None)
_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "kind": (str,),
    "path": (str, list, tuple),
    "url_from": (str,),
    "text_column": (str,),
    "label_column": (str, _NONE),
    "stars_column": (str, _NONE),
    "star_scale": (int,),
    "soft_label_columns": (list, tuple),
    "labels": (dict,),
    "split_column": (str, _NONE),
    "splits": (dict,),
    "two_class": (bool,),
    "held_out": (bool,),
    "train_only": (bool,),
    "style": (str,),
    "max_train_examples": (int, _NONE),
    "class_weights": (str,),
    "weight": (int, float),
    "domain": (str,),
    "unit": (str,),
    "terms": (str,),
    "encoding": (str, _NONE),
    "delimiter": (str, _NONE),
}
_TYPE_NAMES: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    tuple: "a list",
    dict: "a table",
    _NONE: "left out",
}
