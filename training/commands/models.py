"""The commands on published versions: list, promote, roll back."""

from pathlib import Path

import click

from sentiment.artifacts.store import CURRENT, models_folder
from training.commands.options import MODELS


@click.group()
def models() -> None:
    """List the published models and choose the current one."""


@models.command("list")
@MODELS
def list_models(models: Path | None) -> None:
    """List the published versions, the current one marked."""
    from training.publishing.publish import current_version, list_versions

    folder = models or models_folder()
    versions = list_versions(folder)
    if not versions:
        click.echo(f"no model is published in {folder}", err=True)
    for version in versions:
        mark = "*" if version.current else " "
        figure = version.metrics.get("mean_source_macro_f1")
        shown = f"macro-F1 {100 * figure:.1f}" if isinstance(figure, float) else ""
        click.echo(f"{mark} {version.name}  {version.created}  {shown}".rstrip())
        if version.problem is not None:
            click.echo(f"  it cannot be used: {version.problem}")
    current = current_version(folder)
    if current is not None and not any(version.current for version in versions):
        click.echo(
            f"{folder / CURRENT} links to {current!r}, which is not a version there: a "
            "possible solution is `sentiment-train models promote VERSION`, or to "
            "remove the link",
            err=True,
        )


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
