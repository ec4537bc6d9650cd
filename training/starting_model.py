"""The model that a recipe starts from: where it lies, and the shape that it brings."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sentiment.config import ModelConfig
from sentiment.errors import ArtifactError, ConfigError
from sentiment.store import CURRENT, bundled_model, read_manifest, resolve
from training.as_toml import toml_of

# Where the metrics of a model say whether neutral was among what it learned from.
KNOWS_NEUTRAL = "knows_neutral"

# What weights of another shape could not fill.
SHAPE = ("cell", "embedding_dim", "hidden_dim", "layers", "bidirectional")


def find_model(start_from: str, models: Path | None = None) -> Path:
    """Return the folder of the model that ``start_from`` means, links followed.

    Args:
        start_from: ``"current"``, ``"bundled"``, or a model's folder.
        models: The published ones, of which one may be current; where none is, it is
            the bundled model, as for everything that asks a model.

    Raises:
        ConfigError: There is no model.
    """
    try:
        if start_from == "bundled":
            return bundled_model()
        if start_from != "current":
            return resolve(start_from)
        current = None if models is None else models / CURRENT
        if current is None:
            return resolve()
        return current.resolve() if current.is_symlink() else bundled_model()
    except ArtifactError as error:
        raise ConfigError(
            f'start_from = "{start_from}": {error}; or to write "current" or '
            '"bundled" there (a language model is named by `pretrained`)'
        ) from error


def with_model_of_start(
    values: Mapping[str, Any], models: Path | None = None
) -> dict[str, Any]:
    """Return a recipe's tables with what the model it starts from decides filled in.

    ``start_from`` becomes that model's folder, so that it stays the one whatever is
    published meanwhile; what ``[model]`` leaves out is as in that model.

    Raises:
        ConfigError: There is no such model, or ``[model]`` gives it another shape.
    """
    folder = find_model(values["start_from"], models)
    theirs = shape_of(folder)
    said = values.get("model", {})
    if not isinstance(said, Mapping):
        return dict(values)  # refused where every table is
    for name in SHAPE:
        if name in said:
            check_alike(f"the model {folder}", name, theirs[name], said[name])
    return {**values, "start_from": str(folder), "model": {**theirs, **said}}


def shape_of(folder: Path) -> dict[str, Any]:
    """Return the configuration of the model in ``folder``.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return asdict(ModelConfig.from_dict(read_manifest(folder)["config"]))
    except (ArtifactError, KeyError) as error:
        raise ConfigError(f"{folder} is no model to start from: {error}") from error


def check_alike(start: str, name: str, theirs: object, ours: object) -> None:
    """Refuse a ``[model]`` that cannot take the weights of its start.

    Raises:
        ConfigError: The two values of the setting ``name`` differ.
    """
    if theirs != ours:
        raise ConfigError(
            f"{start} has {name} = {toml_of(theirs)} and [model] says {toml_of(ours)}: "
            f"a possible solution is to write {toml_of(theirs)} there, or another start"
        )
