"""The command ``sentiment-train``: train, evaluate and publish models.

Nothing heavy is imported before a command needs it, so that --help is quick.
"""

import logging
import sys

import click

from sentiment.commands.exits import PrintingGroup, refused_by
from sentiment.errors import SentimentError
from sentiment.out_of_memory import gpu_is_full, lacks_memory
from sentiment.wording import first_line
from training.commands.ablate import ablate
from training.commands.check import check
from training.commands.distill import distill
from training.commands.evaluate import evaluate
from training.commands.exits import stop
from training.commands.feedback import feedback
from training.commands.gradients import gradients
from training.commands.models import models
from training.commands.pretrain import pretrain
from training.commands.recipe import recipe
from training.commands.run import run
from training.commands.teacher import teacher
from training.commands.together import require_one_process
from training.commands.tune import tune


@click.group(
    cls=PrintingGroup, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="sentiment")
@click.pass_context
def cli(context: click.Context) -> None:
    """Train, judge and publish sentiment models."""
    command = str(context.invoked_subcommand)
    if command not in (run.name, pretrain.name):
        require_one_process(command)


for command in (
    recipe,
    check,
    run,
    evaluate,
    tune,
    ablate,
    pretrain,
    teacher,
    distill,
    gradients,
    models,
    feedback,
):
    cli.add_command(command)


def main() -> None:
    """Run the command; errors become one line on stderr and an exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        cli(standalone_mode=False, prog_name="sentiment-train")
    except (click.exceptions.Abort, KeyboardInterrupt):
        stop("interrupted", 130)
    except click.ClickException as error:
        stop(refused_by(error), error.exit_code)
    except (SentimentError, FloatingPointError) as error:
        stop(str(error), 2)
    except (RuntimeError, MemoryError) as error:
        complaint = _complaint(error)
        if complaint is None:
            raise
        stop(complaint, 2)
    except OSError as error:
        stop(f"{error.filename or 'the disk'}: {error.strerror or error}", 2)


def _complaint(error: Exception) -> str | None:
    """Return the message for exhausted memory, None for any other error."""
    if not lacks_memory(error):
        return None
    where = "GPU's memory" if gpu_is_full(error) else "memory"
    return (
        f"the {where} does not suffice: a possible solution is a lower batch_tokens "
        f"or a smaller network in the recipe ({first_line(error)})"
    )


if __name__ == "__main__":
    from training import console

    console.main()
