"""A recipe without one of its domains, nor anything that was trained on it."""

import logging
import re
from dataclasses import replace

from sentiment.errors import ConfigError
from sentiment.wording import nearest
from training.recipes.config import TrainingConfig
from training.recipes.names import as_part_of_a_name

# The suffix of published models, which were trained on all domains.
_MOMENT = re.compile(r"-\d{8}-\d{6}")

_log = logging.getLogger(__name__)


def leave_out(config: TrainingConfig, domain: str) -> TrainingConfig:
    """Return the recipe with all of ``domain`` held out for the test.

    The recipe, its language model, its teachers and its soft labels get names of their
    own. A model that it starts from stays the same.

    Raises:
        ConfigError: No source is of that domain, or none would be left to learn from;
            or the recipe uses a model or soft labels that do not bear its name, so that
            they may know the domain.
    """
    domains = {source.domain for source in config.sources} - {""}
    if domain not in domains:
        raise ConfigError(
            f"no source is of the domain {domain!r}: {nearest(domain, domains)}"
        )
    _refuse_what_others_made(config, domain)
    if config.start_from:
        _log.warning(
            "the starting model may itself have been trained on texts of %s", domain
        )
    name = f"{config.name}-without-{as_part_of_a_name(domain)}"
    sources = [
        replace(one, held_out=True, train_only=False) if one.domain == domain else one
        for one in config.sources
        # What only trains cannot be held out for the test, so here it is removed.
        if one.domain != domain or not one.cannot_be_held_out
    ]
    if all(one.held_out for one in sources):
        raise ConfigError(
            f"--leave-out {domain} leaves nothing to learn from: all sources are of "
            "that domain or held out. A possible solution is another domain, or a "
            "source of another one"
        )
    return replace(
        config,
        name=name,
        sources=tuple(sources),
        teacher=replace(
            config.teacher,
            examples={
                one.name: config.teacher.examples[one.name]
                for one in sources
                if one.name in config.teacher.examples
            },
        ),
        unlabelled=tuple(one for one in config.unlabelled if one.domain != domain),
        teachers=tuple(
            replace(one, path=_renamed(one.path, config.name, name))
            for one in config.teachers
        ),
        pretrained=_renamed(config.pretrained, config.name, name),
        distillation=replace(
            config.distillation,
            soft_labels=_renamed(config.distillation.soft_labels, config.name, name),
        ),
    )


def _refuse_what_others_made(config: TrainingConfig, domain: str) -> None:
    own, leaving = config.name, f"{config.name} --leave-out {domain}"
    used = [
        ("pretrained =", config.pretrained, "pretrain", f"language-models/{own}"),
        *(
            ("[[teachers]] path =", one.path, "teacher", f"teachers/{own}")
            for one in config.teachers
        ),
        (
            "[distillation] soft_labels =",
            config.distillation.soft_labels,
            "distill",
            f"soft-labels/{own}",
        ),
    ]
    for setting, path, command, usual in used:
        if path and _renamed(path, own, "") == path:
            raise ConfigError(
                f"{setting} {path!r} does not bear the recipe's name, so that it may "
                f"have learned from {domain}: a possible solution is {setting} "
                f"{usual!r}, made by `sentiment-train {command} {leaving}`"
            )


def _renamed(path: str, name: str, new: str) -> str:
    """Return ``path`` with ``new`` for ``name`` in all its parts that belong to it."""
    return "/".join(
        new + part.removeprefix(name) if _is_of(part, name) else part
        for part in path.split("/")
    )


def _is_of(part: str, name: str) -> bool:
    """Say whether a folder is from a recipe of that name, such as NAME-words."""
    if part == name:
        return True
    return part.startswith(f"{name}-") and not _MOMENT.match(part, len(name))
