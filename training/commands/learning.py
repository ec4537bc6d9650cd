"""Commands that run a recipe and judge a model."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentiment.errors import SentimentError
from sentiment.store import models_folder
from training.commands.options import (
    DATA,
    LEAVE_OUT,
    MODELS,
    QUIET,
    RESUME,
    RUNS,
    chosen,
)

if TYPE_CHECKING:
    from training.evaluation.evaluate import Evaluation
    from training.pipeline import Outcome


@click.command()
@click.argument("recipe", default="default")
@DATA
@LEAVE_OUT
@MODELS
@RUNS
@RESUME
@click.option("--no-publish", is_flag=True, help="Train and judge, publish nothing.")
@click.option(
    "--publish-anyway",
    metavar="VERSION",
    help="Publish even if worse than VERSION, which must be the published one.",
)
@QUIET
def run(
    recipe: str,
    data_root: Path,
    leave_out: str | None,
    models: Path | None,
    runs: Path,
    resume: bool,
    no_publish: bool,
    publish_anyway: str | None,
    quiet: bool,
) -> None:
    """Train what RECIPE describes: a TOML file, or the name of a shipped recipe."""
    from training.fitting.parallel import joined
    from training.options import RunOptions
    from training.pipeline import assist
    from training.pipeline import run as run_pipeline

    options = RunOptions(
        data_root=data_root,
        models=models or models_folder(),
        runs=runs,
        resume=resume,
        publish=not no_publish,
        publish_anyway=publish_anyway,
        show_progress=not quiet,
        command=shlex.join(["sentiment-train", *sys.argv[1:]]),
    )
    with joined() as ranks:
        if not ranks.first:
            try:
                assist(chosen(recipe, leave_out), options)
            except (SentimentError, FloatingPointError):
                sys.exit(2)  # the first process has met it, too, and says it
            sys.exit(ranks.hear_exit())
        code = 2
        try:
            outcome = run_pipeline(chosen(recipe, leave_out), options)
            code = 0 if outcome.published or no_publish else 1
        except KeyboardInterrupt:
            code = 130
            raise
        finally:
            ranks.say_exit(code)
    _say_outcome(outcome)
    sys.exit(code)


@click.command()
@click.argument("recipe")
@click.option("--model", type=click.Path(path_type=Path), help="A published model.")
@DATA
@click.option(
    "--split",
    "split_name",
    type=click.Choice(["train", "validation", "test"]),
    default="validation",
    show_default=True,
    help="Which texts to judge; look at test once, for a report.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def evaluate(
    recipe: str, model: Path | None, data_root: Path, split_name: str, as_json: bool
) -> None:
    """Judge a model on the texts that RECIPE names."""
    from training.config import read_recipe
    from training.pipeline import evaluate_model

    evaluation = evaluate_model(
        read_recipe(recipe), model=model, data_root=data_root, split_name=split_name
    )
    if as_json:
        click.echo(json.dumps(evaluation.to_json()))
    else:
        click.echo(_summary(evaluation))


def _say_outcome(outcome: "Outcome") -> None:
    record = outcome.record
    click.echo(_summary(record.evaluation))
    click.echo(f"report: {outcome.report}")
    click.echo(f"{'published' if outcome.published else 'model'}: {outcome.model}")
    if record.comparison is not None and not record.comparison.passed:
        click.echo(
            f"{record.comparison.reason}. A possible solution is more or other data; "
            f"to publish all the same: --publish-anyway {record.compared_with}",
            err=True,
        )


def _summary(evaluation: "Evaluation") -> str:
    lines = [
        f"{one.name:28} {one.examples:7,} texts   macro-F1 {100 * one.macro_f1:5.1f}   "
        f"ECE {one.ece:.3f}"
        for one in evaluation.of_sources().values()
    ]
    lines.append(
        f"{'mean of sources':28} {evaluation.examples:7,} texts   "
        f"macro-F1 {100 * evaluation.mean_source_macro_f1:5.1f}   "
        f"ECE {evaluation.ece:.3f}"
    )
    return "\n".join(lines)
