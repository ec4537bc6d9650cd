"""A source of labelled texts: one ``[[sources]]`` table of a recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, get_args

from sentiment.config_checks import Among, Condition, above, at_least, check_values
from sentiment.errors import ConfigError, DataError
from sentiment.labels import LABELS
from training.data.examples import SplitName

Kind = Literal["file", "vader-gold", "feedback", "templates"]
Style = Literal["plain", "ptb"]
ClassWeights = Literal["balanced", "none"]


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """One source of texts, in one or several files of the same columns.

    The label comes from one of ``label_column``, ``stars_column`` and
    ``soft_label_columns``; if none is named, from the column label, or from stars in a
    file without it. Settings that a kind does not use are refused.

    Raises:
        ConfigError: A value is not valid; the message names the source.
    """

    name: str
    """Its name in reports."""

    kind: Kind = "file"
    """The kind of source.

    vader-gold is the VADER gold standard, which pip fetches; feedback is what users of
    the service corrected, for training alone; templates are sentences with slots, for
    training alone.
    """

    path: str | Sequence[str] = ""
    """A file, a pattern like reviews-*.csv, or a list, relative to the data folder.

    For vader-gold it names sets: tweets, films, amazon, news; none means all. For
    feedback it is the SQLite file in which the service stores corrections. For
    templates it is a TOML file, or constructions: those that come with the project.
    """

    url_from: str = ""
    """The environment variable with the address of a feedback database."""

    text_column: str = "text"
    """The column of the texts."""

    label_column: str | None = None
    """The column of the labels."""

    stars_column: str | None = None
    """The column of a rating, instead of labels."""

    star_scale: Annotated[
        int | None, Condition("5 or 10", lambda most: most in (5, 10))
    ] = None
    """The best possible rating; by default 5, which hardly any rating may be above.

    On a scale of 5, 1 and 2 are negative and 3 is neutral; on one of 10, up to 4 is
    negative and 5 and 6 are neutral.
    """

    soft_label_columns: Sequence[str] = ()
    """Three columns with the shares of negative, neutral and positive."""

    labels: Annotated[Mapping[str, str], Among(LABELS)] = field(default_factory=dict)
    """What the file's labels mean: { pos = "positive" }."""

    split_column: str | None = None
    """The column with a text's split; where it is empty, the text's hash decides."""

    splits: Annotated[Mapping[str, str], Among(get_args(SplitName))] = field(
        default_factory=dict
    )
    """What the names in ``split_column`` mean: { dev = "train" }."""

    official: Annotated[Sequence[str], Among(("validation", "test"))] = ("test",)
    """Splits that ``split_column`` marks whole: train texts stay out of them.

    What it leaves out is also taken from the texts marked train, by their hashes. That
    is said here and not found in the file, so that a new row never moves another.
    """

    two_class: bool = False
    """Whether the source has no neutral texts.

    Neutral is then masked in the loss and in the evaluation.
    """

    held_out: bool = False
    """Whether all of it is test: a domain that is never trained on."""

    train_only: bool = False
    """Whether none of it is held out, except by its own split."""

    copies: Annotated[int, at_least(1)] = 12
    """How many texts to make of each template with slots, for templates."""

    style: Style = "plain"
    """How the texts are written; ptb undoes Penn Treebank tokenisation."""

    max_train_examples: Annotated[int | None, at_least(1)] = None
    """How many of its texts are trained on at most, chosen by their hashes."""

    class_weights: ClassWeights = "balanced"
    """Whether labels are balanced in the loss, however many texts have each."""

    weight: Annotated[float, above(0)] = 1.0
    """The mean weight of its texts in the loss."""

    domain: str = ""
    """What the texts are about, for ``--leave-out``, reports and the model card."""

    unit: str = ""
    """The kind of texts (reviews, sentences, tweets), for reports."""

    terms: str = ""
    """The terms of use, for the model card."""

    encoding: str | None = None
    """The files' encoding; detected if left out."""

    delimiter: str | None = None
    """The delimiter of a CSV; detected if left out."""

    def __post_init__(self) -> None:
        where = f"source {self.name!r}:"
        check_values(self, where)
        if not self.name:
            raise ConfigError("a source has no name: reports tell sources by it")
        if self.kind in ("file", "templates") and not self.paths:
            self._refuse("it names no file: give it a path")
        if self.held_out and self.train_only:
            self._refuse("held_out and train_only exclude each other")
        self._check_label_columns()
        self._check_kind()

    @property
    def paths(self) -> list[str]:
        """The files or patterns, as a list."""
        if isinstance(self.path, str):
            return [self.path] if self.path else []
        return list(self.path)

    @property
    def cannot_be_held_out(self) -> bool:
        """Whether its kind is for training alone, so that none of it is held out."""
        return self.kind in ("feedback", "templates")

    def _check_label_columns(self) -> None:
        ways = ("label_column", "stars_column", "soft_label_columns")
        named = [way for way in ways if getattr(self, way)]
        if len(named) > 1:
            self._refuse(f"{' and '.join(named)} exclude each other: name one")
        count = len(self.soft_label_columns)
        if count not in (0, len(LABELS)):
            self._refuse(
                f"soft_label_columns names {count} columns, not one for each of "
                f"{', '.join(LABELS)}"
            )
        if len(set(self.soft_label_columns)) != count:
            self._refuse("soft_label_columns names one column twice")

    def _check_kind(self) -> None:
        """Refuse settings that the reader of this kind would ignore."""
        for one in fields(self):
            kinds = _KINDS_OF.get(one.name, get_args(Kind))
            if self.kind not in kinds and getattr(self, one.name) != _default(one):
                self._refuse(
                    f'{one.name} is not for kind = "{self.kind}", only for '
                    f"{' and '.join(kinds)}: {_WHY[self.kind]}"
                )
        if self.kind == "feedback" and len(self.paths) + bool(self.url_from) > 1:
            self._refuse("name one path or url_from: it is one database")

    def _refuse(self, complaint: str) -> NoReturn:
        raise ConfigError(f"source {self.name!r}: {complaint}")


def no_such_file(whose: str, file: Path) -> DataError:
    """Return the error of a source whose ``file`` does not exist."""
    return DataError(
        f"{whose}: there is no {file}. A possible solution is to name the data folder "
        "with --data DIR"
    )


def _default(field: "Field[Any]") -> object:
    made = field.default_factory
    return field.default if made is MISSING else made()


# Settings that are for some kinds of sources only.
_KINDS_OF: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(
        (
            "text_column",
            "label_column",
            "stars_column",
            "star_scale",
            "soft_label_columns",
            "labels",
            "split_column",
            "splits",
            "official",
            "two_class",
            "style",
            "encoding",
            "delimiter",
        ),
        ("file",),
    ),
    **dict.fromkeys(("held_out", "train_only"), ("file", "vader-gold")),
    "url_from": ("feedback",),
    "copies": ("templates",),
}
_WHY: dict[Kind, str] = {
    "file": "it reads files",
    "vader-gold": "the sets have fixed columns and no split",
    "feedback": "corrections have fixed columns and are only trained on",
    "templates": "templates bring their labels and are only trained on",
}
