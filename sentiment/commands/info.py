"""The command that describes the model in use."""

import json
from pathlib import Path
from typing import Any

import click

from sentiment.commands.options import MODEL


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print the whole manifest as JSON."
)
@MODEL
def info(as_json: bool, model: Path | None) -> None:
    """Describe the model that the other commands use.

    The service uses it, too, unless SENTIMENT_MODEL names another.
    """
    from sentiment.artifacts.store import read_manifest, resolve
    from sentiment.errors import ArtifactError

    folder = resolve(model)
    manifest = read_manifest(folder)
    if as_json:
        click.echo(json.dumps(manifest, indent=1))
        return
    try:
        lines = _described(manifest, folder)
    except (AttributeError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"{folder} has a manifest that describes no model: publish it again, or "
            "see what it says with --json"
        ) from error
    click.echo("\n".join(lines))


def _described(manifest: dict[str, Any], folder: Path) -> list[str]:
    config = dict(manifest.get("config", {}))
    lines = [
        f"model    {manifest.get('version')}",
        f"folder   {folder}",
        f"created  {manifest.get('created')}",
        f"labels   {', '.join(manifest.get('labels', []))}",
        f"network  {', '.join(f'{name} {config[name]}' for name in config)}",
    ]
    figure = manifest.get("metrics", {}).get("mean_source_macro_f1")
    if figure is not None:
        lines.append(f"quality  macro-F1 {100 * figure:.1f}, the mean over test sets")
    return [*lines, f"card     {folder / 'README.md'}"]
