"""The search space: which settings, and their ranges around the recipe's values."""

from collections.abc import Iterable, Mapping
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from sentiment.config import ModelConfig
from sentiment.errors import ConfigError
from sentiment.wording import nearest
from training.fitting.config import FitConfig
from training.recipes.changes import Settings, decided_by_the_start
from training.recipes.config import TrainingConfig

# A setting by its place in a recipe, and what it may be.
Space = dict[str, BaseDistribution]


def search_space(config: TrainingConfig, keep: Iterable[str] = ()) -> Space:
    """Return the ranges around the values of ``config``, which they include.

    What a pretrained start fixes (its shape, its vocabulary) is not searched.

    Args:
        config: The recipe to begin from.
        keep: Settings to leave as the recipe has them, ``"model.cell"``.

    Raises:
        ConfigError: ``keep`` names a setting that is not searched, or leaves none.
    """
    space = {
        **_model_space(config.model),
        **_fit_space(config.training),
        "vocabulary.max_size": IntDistribution(
            max(3, config.vocabulary.max_size // 4),
            2 * config.vocabulary.max_size,
            log=True,
        ),
    }
    keep = list(keep)
    for name in keep:
        if name not in space:
            raise ConfigError(f"--keep {name!r}: {nearest(name, space)}")
    kept = {*keep, *decided_by_the_start(config)}
    space = {name: range_ for name, range_ in space.items() if name not in kept}
    if not space:
        raise ConfigError("--keep names every setting: nothing is left to search")
    return space


def _model_space(model: ModelConfig) -> Space:
    space: Space = {
        # Plain RNN cells are worse at every size here, but a recipe may have one.
        "model.cell": CategoricalDistribution(sorted({model.cell, "gru", "lstm"})),
        "model.embedding_dim": _around(model.embedding_dim),
        "model.hidden_dim": _around(model.hidden_dim),
        "model.layers": IntDistribution(1, max(2, model.layers)),
        "model.embedding_dropout": _up_to(0.5, model.embedding_dropout),
        "model.dropout": _up_to(0.6, model.dropout),
    }
    if model.bidirectional:
        # Only if the recipe has it: without the fused kernel for one direction a trial
        # takes six times as long on a CPU.
        space["model.bidirectional"] = CategoricalDistribution([True, False])
    return space


def _fit_space(fit: FitConfig) -> Space:
    rate, decay, texts = fit.learning_rate, fit.weight_decay, fit.batch_texts
    return {
        "training.learning_rate": FloatDistribution(rate / 4, rate * 4, log=True),
        "training.batch_texts": CategoricalDistribution(
            sorted({max(1, texts // 2), texts, 2 * texts})
        ),
        "training.weight_dropout": _up_to(0.5, fit.weight_dropout),
        "training.label_smoothing": _up_to(0.2, fit.label_smoothing),
        "training.weight_decay": (
            FloatDistribution(decay / 10, decay * 10, log=True)
            if decay
            else FloatDistribution(0.0, 0.1)
        ),
        "training.max_tokens": IntDistribution(
            max(1, fit.max_tokens // 3), fit.max_tokens * 3 // 2, log=True
        ),
    }


def _around(own: int, step: int = 8) -> IntDistribution:
    """Return a range from half to twice ``own``, with a grid that includes it."""
    return IntDistribution(
        own - (own // 2) // step * step, own + own // step * step, step=step
    )


def _up_to(usual: float, own: float) -> FloatDistribution:
    return FloatDistribution(0.0, max(usual, own))


def settings_of(config: TrainingConfig, space: Space) -> Settings:
    """Return the searched settings of ``config`` itself."""
    places = {name: name.split(".") for name in space}
    return {
        name: getattr(getattr(config, table), field)
        for name, (table, field) in places.items()
    }


def tidied(found: Mapping[str, Any], own: Settings) -> Settings:
    """Return ``found`` with numbers rounded to three digits, own ones as they are.

    >>> tidied({"training.learning_rate": 0.0017362}, {"training.learning_rate": 2e-3})
    {'training.learning_rate': 0.00174}
    """
    return {
        name: float(f"{value:.3g}")
        if isinstance(value, float) and value != own[name]
        else value
        for name, value in found.items()
    }
