"""The command ``sentiment-train``: run a recipe, judge a model, move between versions.

Nothing heavy is imported before a command needs it, so that --help is quick.
"""

import json
import logging
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentiment.errors import SentimentError
from sentiment.store import models_folder

if TYPE_CHECKING:
    from training.config import TrainingConfig
    from training.evaluate import Evaluation
    from training.pipeline import Outcome
    from training.tuning.options import Tuned

_DATA = click.option(
    "--data",
    "data_root",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder that a recipe's relative paths begin in.",
)
_LEAVE_OUT = click.option(
    "--leave-out",
    metavar="DOMAIN",
    help="Hold all sources of a domain out, to see how well it does without them.",
)
_MODELS = click.option(
    "--models",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder of published models (default: SENTIMENT_MODELS, else models).",
)
_RUNS = click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder of reports, checkpoints, language models and teachers.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sentiment")
def cli() -> None:
    """Train, judge and publish sentiment models."""


@cli.command()
@click.argument("recipe", default="default")
@_DATA
@_LEAVE_OUT
@_MODELS
@_RUNS
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
@click.option("--no-publish", is_flag=True, help="Train and judge, publish nothing.")
@click.option(
    "--publish-anyway",
    metavar="VERSION",
    help="Publish even if worse than VERSION, which must be the published one.",
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
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
    from training.pipeline import RunOptions, assist
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
                assist(_chosen(recipe, leave_out), options)
            except SentimentError:
                sys.exit(2)  # the first process has met it, too, and says it
            sys.exit(ranks.hear_exit())
        code = 2
        try:
            outcome = run_pipeline(_chosen(recipe, leave_out), options)
            code = 0 if outcome.published or no_publish else 1
        except KeyboardInterrupt:
            code = 130
            raise
        finally:
            ranks.say_exit(code)
    _say_outcome(outcome)
    sys.exit(code)


@cli.command()
@click.argument("recipe")
@click.option("--model", type=click.Path(path_type=Path), help="A published model.")
@_DATA
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


@cli.command()
@click.argument("recipe", default="default")
@click.option(
    "--minutes", type=float, required=True, help="How long to search; never longer."
)
@_DATA
@_RUNS
@click.option(
    "--max-megabytes",
    type=float,
    default=25.0,
    show_default=True,
    help="The largest artifact (weights and vocabulary) that a trial may make.",
)
@click.option(
    "--max-milliseconds",
    type=float,
    help="The slowest answer to one text of 25 words on one thread.",
)
@click.option("--seed", default=1, show_default=True, help="The search's seed.")
@click.option(
    "--keep",
    multiple=True,
    metavar="SETTING",
    help="Leave a setting as it is, such as model.cell; may be given several times.",
)
@click.option("--resume", is_flag=True, help="Go on with the search of this recipe.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of the best recipe (default: best.toml beside the search).",
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
def tune(
    recipe: str,
    minutes: float,
    data_root: Path,
    runs: Path,
    max_megabytes: float,
    max_milliseconds: float | None,
    seed: int,
    keep: tuple[str, ...],
    resume: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Search around RECIPE for a better one; it is the first trial itself."""
    began = time.monotonic()  # imports are time of the search, too
    from training.tuning.cost import Limits
    from training.tuning.options import TuneOptions
    from training.tuning.tune import tune as run_search

    options = TuneOptions(
        minutes=minutes,
        data_root=data_root,
        runs=runs,
        limits=Limits(max_megabytes=max_megabytes, max_milliseconds=max_milliseconds),
        seed=seed,
        keep=keep,
        resume=resume,
        out=out,
        show_progress=not quiet,
        command=shlex.join(["sentiment-train", *sys.argv[1:]]),
        began=began,
    )
    tuned = run_search(recipe, options)
    _say_tuned(tuned)
    if tuned.interrupted:
        _stop("interrupted; --resume goes on with the search", 130)


@cli.command()
@click.argument("recipe")
@_DATA
@_LEAVE_OUT
@_RUNS
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
@click.option(
    "--sample",
    "samples",
    default=3,
    show_default=True,
    help="So many made-up sentences for each of three beginnings.",
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
def pretrain(
    recipe: str,
    data_root: Path,
    leave_out: str | None,
    runs: Path,
    resume: bool,
    samples: int,
    quiet: bool,
) -> None:
    """Learn the next word of RECIPE's texts, for its network to start from."""
    from training.language_model.pretrain import pretrain as learn
    from training.pipeline import read

    config = _chosen(recipe, leave_out)
    pretrained = learn(
        config,
        read(config, data_root).splits,
        runs / "language-models" / config.name,
        data_root=data_root,
        checkpoints=runs / "checkpoints" / f"{config.name}-language-model",
        resume=resume,
        samples=samples,
        show_progress=not quiet,
    )
    for said in pretrained.samples:
        click.echo(f"  {said}")
    last = pretrained.passes[-1]
    click.echo(
        f"perplexity on held-out text {last.validation_perplexity:.1f} after "
        f"{pretrained.tokens:,} tokens"
    )
    click.echo(f"language model: {pretrained.folder}")


@cli.command()
@click.argument("recipe")
@_DATA
@_LEAVE_OUT
@_RUNS
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def teacher(
    recipe: str,
    data_root: Path,
    leave_out: str | None,
    runs: Path,
    resume: bool,
    quiet: bool,
) -> None:
    """Fit the transformer of RECIPE's [teacher] to its texts, to teach with it."""
    from training.distillation.teacher import fit_teacher
    from training.pipeline import read

    config = _chosen(recipe, leave_out)
    fitted = fit_teacher(
        config,
        read(config, data_root).splits,
        runs / "teachers" / config.name,
        checkpoints=runs / "checkpoints" / f"{config.name}-teacher",
        resume=resume,
        show_progress=not quiet,
    )
    best = fitted.history.best()
    click.echo(
        f"validation macro-F1 {100 * best.validation_macro_f1:.1f} after epoch "
        f"{best.epoch}, {fitted.examples:,} texts"
    )
    click.echo(f"teacher: {fitted.folder}")


@cli.command()
@click.argument("recipe")
@_DATA
@_LEAVE_OUT
@_RUNS
@click.option("--resume", is_flag=True, help="Keep the soft labels that are there.")
@click.option(
    "--workers", default=1, show_default=True, help="Processes that label side by side."
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
def distill(
    recipe: str,
    data_root: Path,
    leave_out: str | None,
    runs: Path,
    resume: bool,
    workers: int,
    quiet: bool,
) -> None:
    """Let RECIPE's [[teachers]] label its texts, for its network to learn from."""
    from training.distillation.label import label
    from training.pipeline import read

    config = _chosen(recipe, leave_out)
    labelled = label(
        config,
        read(config, data_root).splits,
        runs / (config.distillation.soft_labels or f"soft-labels/{config.name}"),
        data_root=data_root,
        runs=runs,
        resume=resume,
        workers=workers,
        show_progress=not quiet,
    )
    click.echo(f"{labelled.texts:,} of {labelled.asked:,} texts have a soft label")
    click.echo(f"soft labels: {labelled.folder}")


@cli.command()
@click.argument("recipe", required=False)
@_DATA
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/gradients"),
    show_default=True,
    help="The folder for the pictures and their figures.",
)
@click.option(
    "--tokens",
    type=click.IntRange(2, 2_000),
    default=100,
    show_default=True,
    help="How long the texts are; of RECIPE's longer ones the last part is read.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=1_000,
    show_default=True,
    help="How many optimiser steps each cell takes.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--quiet", is_flag=True, help="No progress bar.")
def gradients(
    recipe: str | None,
    data_root: Path,
    out: Path,
    tokens: int,
    steps: int,
    seed: int,
    quiet: bool,
) -> None:
    """Show how gradients vanish and explode: the four cells side by side.

    Small networks are trained on long texts in which one early word decides, or on
    those of RECIPE.
    """
    from training.config import read_recipe
    from training.gradients.command import summary, write_study
    from training.gradients.language import texts_of_a_recipe, texts_of_the_language
    from training.gradients.study import StudyConfig, study

    texts = (
        texts_of_a_recipe(read_recipe(recipe), data_root, tokens)
        if recipe
        else texts_of_the_language(tokens, seed=seed)
    )
    found = study(texts, StudyConfig(steps=steps, seed=seed, show_progress=not quiet))
    written = write_study(found, out)
    click.echo(summary(found))
    for path in (written.figures, *written.pictures):
        click.echo(path)


@cli.group()
def models() -> None:
    """List the published models and choose the current one."""


@models.command("list")
@_MODELS
def list_models(models: Path | None) -> None:
    """List the published versions, the current one marked."""
    from training.publish import list_versions

    for version in list_versions(models or models_folder()):
        mark = "*" if version.current else " "
        figure = version.metrics.get("mean_source_macro_f1")
        shown = "" if figure is None else f"macro-F1 {100 * figure:.1f}"
        click.echo(f"{mark} {version.name}  {version.created}  {shown}".rstrip())


@models.command()
@click.argument("version")
@_MODELS
def promote(version: str, models: Path | None) -> None:
    """Make VERSION the current model."""
    from training.publish import promote as promote_version

    promote_version(version, models or models_folder())
    click.echo(f"{version} is current")


@models.command()
@_MODELS
def rollback(models: Path | None) -> None:
    """Make the version current that was so before."""
    from training.publish import rollback as roll_back

    click.echo(f"{roll_back(models or models_folder())} is current")


def main() -> None:
    """Run the command; whatever goes wrong is one line on stderr, and an exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        _stop("interrupted", 130)
    except KeyboardInterrupt:
        _stop("interrupted; --resume goes on from the last checkpoint", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (SentimentError, FloatingPointError) as error:
        _stop(str(error), 2)
    except OSError as error:
        _stop(f"{error.filename or 'the disk'}: {error.strerror}", 2)


def _chosen(recipe: str, leave_out: str | None) -> "TrainingConfig":
    """Return the recipe, without a domain if one is named."""
    from training.config import read_recipe

    config = read_recipe(recipe)
    return config if leave_out is None else config.without(leave_out)


def _stop(message: str, code: int) -> None:
    click.echo(f"sentiment-train: {message}", err=True)
    sys.exit(code)


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


def _say_tuned(tuned: "Tuned") -> None:
    best, own = tuned.best, tuned.own
    before = "" if own is None else f"   the recipe itself {_percent(own.macro_f1)}"
    click.echo(
        f"trial {best.number} of {len(tuned.trials)}: validation macro-F1 "
        f"{_percent(best.macro_f1)}{before}"
    )
    click.echo(f"trials: {tuned.table}, {tuned.picture}")
    click.echo(f"recipe: {tuned.recipe}")


def _percent(figure: float | None) -> str:
    return "-" if figure is None else f"{100 * figure:.1f}"


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


if __name__ == "__main__":
    main()
