"""The commands on published versions: list, promote, roll back."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentiment.artifacts.store import CURRENT, models_folder
from sentiment.wording import counted
from training.commands.options import MODELS

if TYPE_CHECKING:
    from training.publishing.publish import PublishedVersion

# Of more sources the number is told.
_MOST_NAMED = 4


@click.group()
def models() -> None:
    """List the published models and choose the current one."""


@models.command("list")
@MODELS
def list_models(models: Path | None) -> None:
    """List the published versions, and the model that ships; the current one marked.

    Figures are of each model's own test texts: compare those of the same.
    """
    from training.publishing.publish import (
        current_version,
        describe_bundled,
        list_versions,
    )

    folder = models or models_folder()
    versions = list_versions(folder)
    if not versions:
        click.echo(f"no model is published in {folder}", err=True)
    for version in versions:
        _show(version)
    bundled = describe_bundled(folder)
    if bundled is not None and bundled.name not in {one.name for one in versions}:
        _show(bundled)
    current = current_version(folder)
    if current is not None and not any(version.current for version in versions):
        click.echo(
            f"{folder / CURRENT} links to {current!r}, which is not a version there: a "
            "possible solution is `sentiment-train models promote VERSION`, or to "
            "remove the link",
            err=True,
        )


def _show(version: "PublishedVersion") -> None:
    mark = "*" if version.current else " "
    figure = version.metrics.get("mean_source_macro_f1")
    shown = f"macro-F1 {100 * figure:.1f}" if isinstance(figure, float) else ""
    if shown and (texts := _test_texts(version.metrics)):
        shown = f"{shown} on {texts}"
    click.echo(f"{mark} {version.name}  {version.created}  {shown}".rstrip())
    if version.problem is not None:
        click.echo(f"  it cannot be used: {version.problem}")


def _test_texts(metrics: Mapping[str, Any]) -> str:
    """Return on which test texts a model's figures were measured, as far as is noted.

    >>> _test_texts({"examples": 1200, "sources": {"a": {}, "b": {}}})
    '1,200 test texts of a, b'
    """
    examples, sources = metrics.get("examples"), metrics.get("sources")
    if not isinstance(examples, int):
        return ""
    told = counted(examples, "test text")
    if not isinstance(sources, dict) or not sources:
        return told
    if len(sources) > _MOST_NAMED:
        return f"{told} of {counted(len(sources), 'source')}"
    return f"{told} of {', '.join(sources)}"


@models.command()
@click.argument("version")
@MODELS
def promote(version: str, models: Path | None) -> None:
    """Make VERSION the current model; "bundled" is the one that ships."""
    from training.publishing.publish import promote as promote_version

    folder = promote_version(version, models or models_folder())
    click.echo(f"{folder.name} is current")


@models.command()
@MODELS
def rollback(models: Path | None) -> None:
    """Make the previous version current."""
    from training.publishing.publish import rollback as roll_back

    click.echo(f"{roll_back(models or models_folder())} is current")
