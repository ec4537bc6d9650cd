"""Where labelled texts come from: one ``[[sources]]`` table of a recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from sentiment.config_tables import check_kinds
from sentiment.errors import ConfigError, DataError
from sentiment.labels import LABELS
from training.checks import Checks
from training.data.examples import SplitName

Kind = Literal["file", "vader-gold", "feedback"]
Style = Literal["plain", "ptb"]
ClassWeights = Literal["balanced", "none"]


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """One source of texts, in one or several files of the same columns.

    Every kind takes only the settings that its reader reads.

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
    ``splits`` maps the names in ``split_column`` to ours: ``{dev = "train"}``. All of a
    ``held_out`` source is test: a domain that training never sees. Of a ``train_only``
    source nothing is held out except what its own split says. ``max_train_examples``
    limits how many texts training takes, chosen by their hashes. ``weight`` is how much
    one of its texts counts on average; with ``class_weights = "balanced"`` its labels
    count equally.

    Reports and the model card show what the texts are about (``domain``, which
    `--leave-out` takes), what they are (``unit``: reviews, sentences, tweets) and what
    their owner says about their use (``terms``).

    Raises:
        ConfigError: A value is not valid; the message names the source.
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
        where = f"source {self.name!r}:"
        check_kinds(self, where)
        check = Checks(self, where)
        check.one_of(get_args(Kind), "kind")
        check.one_of(get_args(Style), "style")
        check.one_of(get_args(ClassWeights), "class_weights")
        check.maps_to(LABELS, "labels")
        check.maps_to(get_args(SplitName), "splits")
        check.require(self.star_scale in (5, 10), "star_scale", "5 or 10")
        check.above(0, "weight")
        if self.max_train_examples is not None:
            check.at_least(1, "max_train_examples")
        if not self.name:
            raise ConfigError("a source has no name: reports tell sources by it")
        if self.kind == "file" and not self.paths:
            check.refuse("it names no file: give it a path")
        if self.held_out and self.train_only:
            check.refuse("held_out and train_only exclude each other")
        self._check_label_columns(check)
        self._check_kind(check)

    @property
    def paths(self) -> list[str]:
        """The files or patterns, as a list."""
        if isinstance(self.path, str):
            return [self.path] if self.path else []
        return list(self.path)

    def _check_label_columns(self, check: Checks) -> None:
        ways = ("label_column", "stars_column", "soft_label_columns")
        named = [way for way in ways if getattr(self, way)]
        if len(named) > 1:
            check.refuse(f"{' and '.join(named)} exclude each other: name one")
        count = len(self.soft_label_columns)
        if count not in (0, len(LABELS)):
            check.refuse(
                f"soft_label_columns names {count} columns, not one for each of "
                f"{', '.join(LABELS)}"
            )

    def _check_kind(self, check: Checks) -> None:
        """Refuse settings that the reader of this kind would pass over."""
        for one in fields(self):
            kinds = _KINDS_OF.get(one.name, get_args(Kind))
            if self.kind not in kinds and getattr(self, one.name) != _default(one):
                check.refuse(
                    f'{one.name} is not for kind = "{self.kind}", only for '
                    f"{' and '.join(kinds)}: {_WHY[self.kind]}"
                )
        if self.kind == "feedback" and len(self.paths) + bool(self.url_from) > 1:
            check.refuse("name one path or url_from: it is one database")


def no_such_file(whose: str, file: Path) -> DataError:
    """Return the error that says of a source that its ``file`` is not there."""
    return DataError(
        f"{whose}: there is no {file}. A possible solution is to name the data folder "
        "with --data DIR"
    )


def _default(field: "Field[Any]") -> object:
    made = field.default_factory
    return field.default if made is MISSING else made()


# What not every kind of source reads.
_KINDS_OF: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(
        (
            *("text_column", "label_column", "stars_column", "star_scale"),
            *("soft_label_columns", "labels", "split_column", "splits"),
            *("two_class", "style", "encoding", "delimiter"),
        ),
        ("file",),
    ),
    **dict.fromkeys(("held_out", "train_only"), ("file", "vader-gold")),
    "url_from": ("feedback",),
}
_WHY: dict[Kind, str] = {
    "file": "its texts stand in files",
    "vader-gold": "its texts and labels are the sets' own, and have no split",
    "feedback": "its texts and labels stand in columns of their own, and train alone",
}
