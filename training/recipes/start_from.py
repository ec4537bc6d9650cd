"""The published model that a recipe starts from: its folder and its shape."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sentiment.artifacts.store import CURRENT, bundled_model, read_manifest, resolve
from sentiment.config import ModelConfig
from sentiment.errors import ArtifactError, ConfigError
from training.recipes.toml import toml_of

# The key in a model's metrics for whether it was trained on neutral.
KNOWS_NEUTRAL = "knows_neutral"

# The settings that decide the shapes of weights.
SHAPE = ("cell", "embedding_dim", "hidden_dim", "layers", "bidirectional")


def find_model(start_from: str, models: Path | None = None) -> Path:
    """Return the folder of the model that ``start_from`` means, links followed.

    Args:
        start_from: ``"current"``, ``"bundled"``, or a model's folder.
        models: The folder of published models. If none is current, ``"current"`` is
            the bundled model, as in all commands.

    Raises:
        ConfigError: There is no model.
    """
    try:
        if start_from == "bundled":
            return bundled_model()
        return resolve(None if start_from == CURRENT else start_from, models)
    except ArtifactError as error:
        raise ConfigError(
            f'start_from = "{start_from}": {error}. start_from may also be "current" '
            'or "bundled"; a language model is named by `pretrained`'
        ) from error


def with_model_of_start(
    values: Mapping[str, Any], models: Path | None = None
) -> dict[str, Any]:
    """Return a recipe's tables, completed from the model that it starts from.

    ``start_from`` becomes that model's folder, so that publishing another one does not
    change it; settings that ``[model]`` leaves out are as in that model.

    Raises:
        ConfigError: There is no such model, or ``[model]`` gives it another shape.
    """
    folder = find_model(values["start_from"], models)
    theirs = shape_of(folder)
    ours = values.get("model", {})
    if not isinstance(ours, Mapping):
        return dict(values)  # refused later, as any table of a wrong type
    for name in SHAPE:
        if name in ours:
            check_alike(f"the model {folder}", name, theirs[name], ours[name])
    return {**values, "start_from": str(folder), "model": {**theirs, **ours}}


def shape_of(folder: Path) -> dict[str, Any]:
    """Return the configuration of the model in ``folder``.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return asdict(ModelConfig.from_dict(read_manifest(folder)["config"]))
    except (ArtifactError, KeyError) as error:
        raise ConfigError(f"{folder} is not a model to start from: {error}") from error


def check_alike(start: str, name: str, theirs: object, ours: object) -> None:
    """Refuse a ``[model]`` whose shape does not fit the weights that it starts from.

    Raises:
        ConfigError: The two values of the setting ``name`` differ.
    """
    if theirs != ours:
        raise ConfigError(
            f"{start} has {name} = {toml_of(theirs)} and [model] says {toml_of(ours)}: "
            f"a possible solution is to write {toml_of(theirs)} there, or another start"
        )
