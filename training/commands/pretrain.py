"""The command that pretrains a language model, for a network to start from."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentiment.wording import counted
from training.commands.exits import resumable
from training.commands.options import QUIET, RESUME, chosen, of_a_recipe
from training.commands.together import together

if TYPE_CHECKING:
    from training.language_model.pretrain import Pretrained
    from training.recipes.config import TrainingConfig


@click.command()
@of_a_recipe
@RESUME
@click.option(
    "--sample",
    "samples",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Sentences for each of three openings, to print and for the run's report.",
)
@QUIET
def pretrain(
    recipe: str,
    data_root: Path,
    leave_out: str | None,
    runs: Path,
    resume: bool,
    samples: int,
    quiet: bool,
) -> None:
    """Pretrain a language model on RECIPE's texts, for its network to start from."""
    from training.data.gathering import read
    from training.disk.locking import locked_recipe
    from training.disk.unfinished import STATE, where_to_go_on
    from training.language_model.pretrain import assist
    from training.language_model.pretrain import pretrain as learn

    def checkpoints(config: "TrainingConfig") -> Path:
        return runs / "checkpoints" / f"{config.name}-language-model"

    def lead() -> int:
        config = chosen(recipe, leave_out)
        if resume:
            click.echo(where_to_go_on(checkpoints(config)), err=True)
        with (
            locked_recipe(runs, config.name, "pretraining"),
            resumable(checkpoints(config), STATE),
        ):
            pretrained = learn(
                config,
                read(config, data_root).splits,
                runs / "language-models" / config.name,
                data_root=data_root,
                checkpoints=checkpoints(config),
                resume=resume,
                samples=samples,
                show_progress=not quiet,
            )
        _say(pretrained)
        return 0

    def help_lead() -> None:
        config = chosen(recipe, leave_out)
        assist(
            config,
            read(config, data_root).splits,
            data_root=data_root,
            checkpoints=checkpoints(config),
            resume=resume,
        )

    sys.exit(together(lead, help_lead))


def _say(pretrained: "Pretrained") -> None:
    for said in pretrained.samples:
        click.echo(f"  {said}")
    last = pretrained.passes[-1]
    click.echo(
        f"perplexity on held-out text {last.validation_perplexity:.1f} after "
        f"{counted(pretrained.tokens, 'token')}"
    )
    click.echo(f"language model: {pretrained.folder}")
