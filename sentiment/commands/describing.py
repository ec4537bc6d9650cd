"""The command that tells which model is used."""

import json
from pathlib import Path

import click

from sentiment.commands.options import MODEL


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print the whole manifest as JSON."
)
@MODEL
def info(as_json: bool, model: Path | None) -> None:
    """Describe the model that the other commands and the service use."""
    from sentiment.store import read_manifest, resolve

    folder = resolve(model)
    manifest = read_manifest(folder)
    if as_json:
        click.echo(json.dumps(manifest, indent=1))
        return
    config = manifest.get("config", {})
    click.echo(f"model    {manifest.get('version')}")
    click.echo(f"folder   {folder}")
    click.echo(f"created  {manifest.get('created')}")
    click.echo(f"labels   {', '.join(manifest.get('labels', []))}")
    click.echo(f"network  {', '.join(f'{name} {config[name]}' for name in config)}")
    figure = manifest.get("metrics", {}).get("mean_source_macro_f1")
    if figure is not None:
        click.echo(f"quality  macro-F1 {100 * figure:.1f}, the mean over test sets")
    click.echo(f"card     {folder / 'README.md'}")
