"""A recipe: everything that a training run depends on, read from one TOML file."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from sentiment.config import (
    PRECISION_CHOICES,
    ModelConfig,
    PrecisionChoice,
    WeightFormat,
)
from sentiment.config_tables import from_table
from sentiment.errors import ConfigError, nearest
from sentiment.tables.formats import format_of
from training.checks import Checks
from training.data.source import SourceConfig
from training.data.unlabelled import UnlabelledConfig
from training.distillation.config import (
    BagOfWordsConfig,
    DistillationConfig,
    TeacherConfig,
    TeacherUse,
)
from training.language_model.config import LanguageModelConfig
from training.names import names_a_recipe
from training.starting_model import with_model_of_start

RECIPES = Path(__file__).parent / "recipes"

Device = Literal["auto", "cpu", "cuda"]
BadRows = Literal["skip", "refuse"]
BaselineName = Literal["majority", "vader", "tfidf"]


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How the network is fitted: the ``[training]`` table of a recipe.

    A batch holds at most ``batch_tokens`` padded tokens and ``batch_texts`` texts. The
    learning rate climbs to ``learning_rate`` over ``warmup_share`` of the run and then
    falls to zero (one cycle, Smith 2018). ``clip_norm`` 0 turns clipping off. Training
    reads at most ``max_tokens`` of a text; ``[model]`` says how much the published
    model reads. ``weight_dropout`` drops recurrent weights (Merity et al. 2018).

    For a pretrained network, ``layer_decay`` lets lower layers learn more slowly, and
    ``gradual_unfreezing`` unfreezes one more of them in each epoch (Howard and Ruder
    2018). ``weight_averaging`` is the decay of a moving average of the weights, which
    is then validated and kept in their place; 0 for none.

    ``adversarial`` trains on each batch a second time, with the word vectors of each
    text perturbed in the direction in which its loss rises most, by this many times the
    mean length of a vector (Miyato, Dai and Goodfellow 2017, whose value is 0.3); 0 for
    none. A step then takes about twice as long.

    ``virtual_adversarial`` moves them as far as it says in the direction in which the
    network's answer changes most, and adds the KL divergence between both answers to
    the loss (ibid.; Miyato et al. 2018). No label is needed: with it the recipe's
    ``[[unlabelled]]`` texts are learned from, too. Each text is then read three times
    more. Both settings may be combined.

    A network that cannot read yet learns nothing beside its disturbance: the texts are
    learned as they are until the share ``adversarial_from`` of the run.
    """

    epochs: int = 5
    batch_tokens: int = 8_192
    batch_texts: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    warmup_share: float = 0.1
    clip_norm: float = 1.0
    label_smoothing: float = 0.0
    weight_dropout: float = 0.0
    layer_decay: float = 1.0
    gradual_unfreezing: bool = False
    weight_averaging: float = 0.0
    adversarial: float = 0.0
    virtual_adversarial: float = 0.0
    adversarial_from: float = 0.0
    max_tokens: int = 400
    patience: int = 2
    checkpoint_minutes: float = 5.0
    device: Device = "auto"
    precision: PrecisionChoice = "float32"
    threads: int | None = None

    def __post_init__(self) -> None:
        check = Checks(self, "[training]")
        check.at_least(
            1, "epochs", "batch_tokens", "batch_texts", "max_tokens", "patience"
        )
        check.above(0, "learning_rate", "checkpoint_minutes", "layer_decay")
        check.at_least(0, "weight_decay", "clip_norm")
        check.at_least(0, "adversarial", "virtual_adversarial")
        check.below_one("warmup_share", "label_smoothing")
        check.below_one("weight_dropout", "weight_averaging", "adversarial_from")
        if self.threads is not None:
            check.at_least(1, "threads")
        check.one_of(get_args(Device), "device")
        check.one_of(PRECISION_CHOICES, "precision")


@dataclass(frozen=True, kw_only=True)
class SplitConfig:
    """Which shares of the texts are held out, by the hash of each text."""

    validation: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        Checks(self, "[split]").below_one("validation", "test")
        if self.validation + self.test >= 1:
            raise ConfigError(
                f"[split] holds out {self.validation} + {self.test} of the texts: "
                "nothing is left to train on"
            )


@dataclass(frozen=True, kw_only=True)
class VocabularyConfig:
    """How many tokens the network knows, and how often train must have each."""

    max_size: int = 30_000
    min_count: int = 2

    def __post_init__(self) -> None:
        check = Checks(self, "[vocabulary]")
        check.at_least(3, "max_size")
        check.at_least(1, "min_count")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """A whole recipe; ``name`` begins the version of what it publishes.

    ``start_from`` is the model whose vocabulary and weights the network starts from:
    ``"current"`` (the published one, else the bundled), ``"bundled"``, or a model's
    folder, as ``--model`` takes it; what ``[model]`` leaves out is as in that model.
    ``pretrained`` is the folder of a language model, relative to the folder of runs,
    that embedding and RNN start from. ``embeddings`` names the word vectors that the
    embedding starts from: a sentence transformer (a folder, or an installed package
    that carries one) or a text file in the format of GloVe or word2vec, relative to the
    data folder. With both, the language model starts from the vectors, and the network
    from the language model. ``weights`` is the number format of the published weights:
    float16 is half the size.

    The model card shows ``description``; ``neutral``, what that label means;
    ``purpose`` and ``limits``, what the model is for and what not; and ``failures``,
    what it is known to get wrong.
    """

    name: str
    sources: tuple[SourceConfig, ...]
    unlabelled: tuple[UnlabelledConfig, ...] = ()
    teachers: tuple[TeacherUse, ...] = ()
    start_from: str = ""
    pretrained: str = ""
    embeddings: str = ""
    weights: WeightFormat = "float32"
    seed: int = 1
    bad_rows: BadRows = "skip"
    description: str = ""
    neutral: str = ""
    purpose: str = ""
    limits: str = ""
    failures: str = ""
    baselines: Sequence[str] = ("majority", "vader", "tfidf")
    split: SplitConfig = field(default_factory=SplitConfig)
    vocabulary: VocabularyConfig = field(default_factory=VocabularyConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: FitConfig = field(default_factory=FitConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    bag_of_words: BagOfWordsConfig = field(default_factory=BagOfWordsConfig)
    distillation: DistillationConfig = field(default_factory=DistillationConfig)
    language_model: LanguageModelConfig = field(default_factory=LanguageModelConfig)

    def __post_init__(self) -> None:
        if not names_a_recipe(self.name):
            raise ConfigError(
                f"the recipe's name is {self.name!r}: use at most 84 letters a to z, "
                "digits, - and _, beginning with a letter or digit"
            )
        if not self.sources:
            raise ConfigError("the recipe has no [[sources]]: name at least one file")
        check = Checks(self, "the recipe's")
        check.one_of(get_args(BadRows), "bad_rows")
        check.one_of(get_args(WeightFormat), "weights")
        # What numpy's and torch's random numbers can both begin with.
        in_range = 0 <= self.seed < 2**32
        check.require(in_range, "seed", f"from 0 to {2**32 - 1:,}")
        check.each_of(get_args(BaselineName), "baselines")
        for other in ("pretrained", "embeddings"):
            if self.start_from and getattr(self, other):
                raise ConfigError(
                    f"start_from and {other} exclude each other: a model that is "
                    "started from brings its embedding and its RNN, so name one"
                )
        names = [source.name for source in self.sources]
        if len(set(names)) != len(names):
            raise ConfigError(f"two [[sources]] have the same name: {sorted(names)}")

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
        for name, kind in _LISTS.items():
            values[name] = _tables(kind, name, values.pop(name, []))
        for name, part in _PARTS.items():
            if name in values:
                values[name] = from_table(part, values[name], f"[{name}]")
        config: TrainingConfig = from_table(cls, values, "the recipe")
        return config


_LISTS = {
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


# What each table of a recipe is made into, by its name.
TABLES: dict[str, type[Any]] = {**_LISTS, **_PARTS}


_NO_RECIPE = """\
{table} is a table of texts, and a recipe is a TOML file that names one. A possible \
solution is to write these lines into mine.toml:

name = "mine"
start_from = "bundled"

[[sources]]
name = "reviews"
path = "{table}"
text_column = "text"     # the names of its columns
label_column = "label"   # or stars_column = "stars"

[training]
epochs = 3
learning_rate = 3e-4

and to run mine.toml"""


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
        ConfigError: There is no such recipe, it is no TOML, or not valid.
    """
    file = find_recipe(Path(path))
    try:
        values = tomllib.loads(read_toml(file))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if format_of(file.name).format is not None:
            raise ConfigError(_NO_RECIPE.format(table=file)) from error
        raise ConfigError(f"{file} is no TOML: {error}") from error
    try:
        return TrainingConfig.from_dict(values, models=models)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error


def read_toml(file: Path) -> str:
    """Return what stands in a recipe's file.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
    """
    # Some editors begin a file with a byte order mark, which TOML does not know.
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
