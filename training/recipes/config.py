"""A recipe: everything that a training run depends on, read from one TOML file."""

import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from sentiment.config import ModelConfig, WeightFormat
from sentiment.config_checks import (
    Among,
    between,
    check_values,
    from_table,
)
from sentiment.errors import ConfigError
from sentiment.tables.formats import hints_of_name
from sentiment.wording import nearest
from training.data.config import SplitConfig, VocabularyConfig
from training.data.source import SourceConfig
from training.data.unlabelled import UnlabelledConfig
from training.distillation.config import (
    BagOfWordsConfig,
    DistillationConfig,
    TeacherConfig,
    TeacherUse,
)
from training.fitting.config import FitConfig
from training.language_model.config import LanguageModelConfig
from training.recipes.names import names_a_recipe
from training.recipes.start_from import with_model_of_start

RECIPES = Path(__file__).parent

BadRows = Literal["skip", "refuse"]
BaselineName = Literal["majority", "vader", "tfidf"]


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """A whole recipe."""

    name: str
    """The recipe's name; the versions that it publishes begin with it."""

    start_from: str = ""
    """The model whose vocabulary and weights the network starts from; empty for none.

    "current" is the published one (else the bundled one), "bundled" the one that ships
    with the project; anything else is a model's folder. What [model] leaves out is as
    in that model.
    """

    pretrained: str = ""
    """The folder of a language model to start from, under the folder of runs.

    ``sentiment-train pretrain`` leaves one; embedding and RNN start from it.
    """

    embeddings: str = ""
    """The word vectors that the embedding starts from; empty for random ones.

    A sentence transformer (a folder, or an installed package that carries one) or a
    text file in the format of GloVe or word2vec, gzipped or not, relative to the data
    folder. With ``pretrained``, too, the language model starts from the vectors and the
    network from the language model.
    """

    weights: WeightFormat = "float32"
    """The number format of the published weights; float16 is half the size."""

    # The seeds that both numpy and torch take.
    seed: Annotated[int, between(0, 2**32 - 1)] = 1
    """Seed of all random numbers."""

    bad_rows: BadRows = "skip"
    """Whether a row that is not an example is skipped, or ends the run."""

    baselines: Annotated[Sequence[str], Among(get_args(BaselineName))] = (
        "majority",
        "vader",
        "tfidf",
    )
    """What the report shows beside the model."""

    description: str = ""
    """What the model was trained on, for its model card."""

    neutral: str = ""
    """What neutral means, for the model card."""

    purpose: str = ""
    """What the model is for, for the model card."""

    limits: str = ""
    """What the model is not for, for the model card."""

    failures: str = ""
    """What the model is known to get wrong, for the model card."""

    sources: tuple[SourceConfig, ...]
    split: SplitConfig = field(default_factory=SplitConfig)
    vocabulary: VocabularyConfig = field(default_factory=VocabularyConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: FitConfig = field(default_factory=FitConfig)
    unlabelled: tuple[UnlabelledConfig, ...] = ()
    language_model: LanguageModelConfig = field(default_factory=LanguageModelConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    bag_of_words: BagOfWordsConfig = field(default_factory=BagOfWordsConfig)
    teachers: tuple[TeacherUse, ...] = ()
    distillation: DistillationConfig = field(default_factory=DistillationConfig)

    def __post_init__(self) -> None:
        check_values(self, "the recipe's")
        if not names_a_recipe(self.name):
            raise ConfigError(
                f"the recipe's name is {self.name!r}: use at most 84 letters a to z, "
                "digits, - and _, beginning with a letter or digit"
            )
        if not self.sources:
            raise ConfigError("the recipe has no [[sources]]: name at least one file")
        for other in ("pretrained", "embeddings"):
            if self.start_from and getattr(self, other):
                raise ConfigError(
                    f"start_from and {other} exclude each other: a model that is "
                    "started from brings its embedding and its RNN, so name one"
                )
        if self.training.start_share and not self.start_from:
            raise ConfigError(
                f"[training] start_share = {self.training.start_share} keeps a share "
                "of a model's weights, and the recipe has no start_from"
            )
        names = [source.name for source in self.sources]
        if len(set(names)) != len(names):
            raise ConfigError(f"two [[sources]] have the same name: {sorted(names)}")
        for name in self.teacher.examples:
            if name not in names:
                raise ConfigError(
                    f"[teacher] examples bounds {name!r}, and no source is called so: "
                    f"{nearest(name, names)}"
                )

    def teaching(self) -> tuple[TeacherUse, ...]:
        """Return the recipe's teachers: those it names, or the one fitted to it."""
        return self.teachers or (TeacherUse(path=f"teachers/{self.name}"),)

    @classmethod
    def from_dict(
        cls, values: Mapping[str, Any], *, models: Path | None = None
    ) -> "TrainingConfig":
        """Build a recipe from the tables of its file.

        ``models`` is where ``start_from = "current"`` looks; None: where all commands
        do.

        Raises:
            ConfigError: A name is unknown or a value is not valid.
        """
        values = dict(values)
        if values.get("start_from") and isinstance(values["start_from"], str):
            values = with_model_of_start(values, models)
        for name, kind in LISTS.items():
            values[name] = _tables(kind, name, values.pop(name, []))
        for name, part in _PARTS.items():
            if name in values:
                values[name] = from_table(part, values[name], f"[{name}]")
        config: TrainingConfig = from_table(cls, values, "the recipe")
        return config


LISTS = {
    "sources": SourceConfig,
    "unlabelled": UnlabelledConfig,
    "teachers": TeacherUse,
}
_PARTS = {
    "split": SplitConfig,
    "vocabulary": VocabularyConfig,
    "model": ModelConfig,
    "training": FitConfig,
    "teacher": TeacherConfig,
    "bag_of_words": BagOfWordsConfig,
    "distillation": DistillationConfig,
    "language_model": LanguageModelConfig,
}


# The class of each table of a recipe, by the table's name.
TABLES: dict[str, type[Any]] = {**LISTS, **_PARTS}


_NO_RECIPE = (
    "{table} is a table of texts, and a recipe is a TOML file that names one. A "
    "possible solution is to have one written, which can then be run: "
    "sentiment-train recipe {quoted} > mine.toml"
)


def _tables(kind: type[Any], name: str, tables: Any) -> tuple[Any, ...]:
    """Make each table of a list of them, as ``[[name]]`` writes one."""
    if not isinstance(tables, list | tuple):
        raise ConfigError(
            f"{name} must be a list of tables: write [[{name}]] over each"
        )
    return tuple(from_table(kind, table, f"[[{name}]]") for table in tables)


def read_recipe(path: str | Path, *, models: Path | None = None) -> TrainingConfig:
    """Read a recipe from a file, or one that ships with the project by its name.

    ``models`` is where ``start_from = "current"`` looks; None: where all commands do.

    Raises:
        ConfigError: There is no such recipe, it is not TOML, or not a valid recipe.
    """
    file = find_recipe(Path(path))
    try:
        values = tomllib.loads(read_toml(file))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if hints_of_name(file.name).format is not None:
            quoted = shlex.quote(str(file))
            raise ConfigError(_NO_RECIPE.format(table=file, quoted=quoted)) from error
        raise ConfigError(f"{file} is not valid TOML: {error}") from error
    try:
        return TrainingConfig.from_dict(values, models=models)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error


def read_toml(file: Path) -> str:
    """Return the contents of a recipe's file.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
    """
    # Some editors write a byte order mark, which TOML does not allow.
    return file.read_text(encoding="utf-8-sig")


def find_recipe(path: Path) -> Path:
    """Return the recipe's file: ``path``, or the shipped one of that name.

    A path with a folder in it means that folder's file and no other.

    Raises:
        ConfigError: There is neither.
    """
    if path.is_file():
        return path
    if path.name != str(path):
        raise ConfigError(f"there is no recipe {path}")
    shipped = RECIPES / f"{path.name.removesuffix('.toml')}.toml"
    if shipped.is_file():
        return shipped
    names = [recipe.stem for recipe in RECIPES.glob("*.toml")]
    raise ConfigError(
        f"there is no recipe {path}, and none ships by that name: "
        f"{nearest(path.stem, names)}"
    )
