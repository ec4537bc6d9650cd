"""The command that trains, evaluates and publishes what a recipe describes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentiment.artifacts.store import models_folder
from training.commands.evaluate import summary
from training.commands.exits import resumable
from training.commands.options import (
    DATA,
    LEAVE_OUT,
    MODELS,
    QUIET,
    RESUME,
    RUNS,
    chosen,
    command_line,
)
from training.commands.together import together

if TYPE_CHECKING:
    from training.pipeline.run import Outcome
    from training.publishing.gate import Comparison
    from training.recipes.config import TrainingConfig
    from training.reporting.record import RunRecord


@click.command()
@click.argument("recipe", default="default")
@DATA
@LEAVE_OUT
@MODELS
@RUNS
@RESUME
@click.option("--no-publish", is_flag=True, help="Train and evaluate, publish nothing.")
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
    """Train what RECIPE describes: a TOML file, or the name of a shipped recipe.

    The model is published unless the gate refuses it. With --leave-out it is not, since
    it is worse on purpose.
    """
    from training.disk.locking import locked_recipe
    from training.disk.unfinished import STATE, where_to_go_on
    from training.options import Folders
    from training.pipeline.options import RunOptions
    from training.pipeline.run import assist
    from training.pipeline.run import run as run_pipeline

    if leave_out is not None and publish_anyway is not None:
        raise click.UsageError(
            "--publish-anyway and --leave-out exclude each other: a model without a "
            "domain is only for evaluation"
        )
    options = RunOptions(
        models=models or models_folder(),
        folders=Folders(data=data_root, runs=runs),
        resume=resume,
        publish=not no_publish and leave_out is None,
        publish_anyway=publish_anyway,
        show_progress=not quiet,
        command=command_line(),
    )

    def read() -> "TrainingConfig":
        return chosen(recipe, leave_out, options.models)

    def lead() -> int:
        config = read()
        if resume:
            click.echo(where_to_go_on(options.checkpoints(config)), err=True)
        with (
            locked_recipe(runs, config.name, "training"),
            resumable(options.checkpoints(config), STATE),
        ):
            outcome = run_pipeline(config, options)
        _say_outcome(outcome, to_publish=options.publish)
        if outcome.published and outcome.record.compared_with is None:
            _say_first(options.models)
        if leave_out is not None:
            click.echo(f"not published, since it is without {leave_out}")
        return 0 if outcome.published or not options.publish else 1

    sys.exit(together(lead, lambda: assist(read(), options)))


def _say_outcome(outcome: "Outcome", *, to_publish: bool) -> None:
    record = outcome.record
    click.echo(summary(record.evaluation, "test"))
    if record.others():
        figures = (
            f"{name} {100 * other.mean_source_macro_f1:.1f}"
            for name, other in record.others().items()
        )
        click.echo(f"{'beside it, macro-F1':28} {'   '.join(figures)}")
    click.echo(f"report: {outcome.report}")
    click.echo(f"{'published' if outcome.published else 'model'}: {outcome.model}")
    if record.comparison is not None and not record.comparison.passed:
        said = refusal(record.comparison, record, to_publish=to_publish)
        click.echo(said, err=True)
    for warning in record.warnings():
        click.echo(f"warning: {warning}", err=True)


def _say_first(models: Path) -> None:
    """Say that the first published model takes the bundled one's place."""
    from training.pipeline.judging import serves_from

    if serves_from(models):
        click.echo(
            "the service now answers with this model instead of the bundled one "
            "(back: `sentiment-train models promote bundled`)"
        )


def refusal(
    comparison: "Comparison", record: "RunRecord", *, to_publish: bool = True
) -> str:
    """Return why the gate refused a run's model, with a solution.

    ``to_publish``: the model was to be published.
    """
    found = f"{comparison.reason}. A possible solution is more or other data"
    # The gate cannot be overridden for what was learned from users.
    if record.data.feedback or not to_publish:
        return found
    return f"{found}; to publish all the same: --publish-anyway {record.compared_with}"
