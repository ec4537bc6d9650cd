"""What every command takes: the model."""

from pathlib import Path

import click


def _nearer_model(
    context: click.Context, _: click.Parameter, given: Path | None
) -> Path | None:
    """Return ``--model`` as it stands after the command's name, else before it."""
    if given is None and context.parent is not None:
        before: Path | None = context.parent.params.get("model")
        return before
    return given


MODEL = click.option(
    "--model",
    callback=_nearer_model,
    type=click.Path(path_type=Path),
    help="The folder of a model (default: models/current, else the bundled one).",
)
