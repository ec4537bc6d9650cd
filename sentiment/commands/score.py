"""The command that scores a table."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from sentiment.commands.exits import stop
from sentiment.commands.score_options import ScoreArguments, score_options
from sentiment.cpus import available_cpus
from sentiment.disk import is_pipe_or_device
from sentiment.errors import ReadError
from sentiment.network.kernels import bound_kernels
from sentiment.wording import counted

if TYPE_CHECKING:
    from sentiment.scoring.progress import ProgressBar
    from sentiment.scoring.report.report import Report
    from sentiment.scoring.results import Tally
    from sentiment.scoring.run import Scoring


@click.command()
@score_options
def score(**given: Any) -> None:
    """Score the table IN (CSV, TSV, JSON lines, Parquet; - is stdin) row by row.

    The output has the same rows in the same order, all columns kept, and the columns
    sentiment, confidence, negative, neutral, positive and error. Exit code 1 says that
    it is whole, but some rows have an error.
    """
    arguments = ScoreArguments.of(**given)
    bound_kernels()
    from sentiment.network.threads import limit_threads
    from sentiment.scoring.progress import ProgressBar

    # One thread a process: the batches are small, and workers share the cores.
    limit_threads(1)
    progress = ProgressBar(quiet=arguments.quiet)
    # In this order, so that the bar is removed before a message about an early end.
    with _work_kept(progress, arguments), progress:
        report = _report(arguments)
        engine = _on_ray if arguments.engine == "ray" else _locally
        tally = engine(arguments, progress, report)
    progress.summarise(tally)
    if report is not None:
        progress.say(f"the report is {report.path}")
        if unread := report.unread_dates():
            progress.say(unread)
    if tally.errors:
        sys.exit(1)


def _locally(
    arguments: ScoreArguments, progress: "ProgressBar", report: "Report | None"
) -> "Tally":
    import sentiment
    from sentiment.artifacts.store import resolve
    from sentiment.scoring.run import Scoring
    from sentiment.scoring.workers import workers_for

    folder = resolve(arguments.model)
    predictor = sentiment.load(folder, precision=arguments.precision)
    # Else Python looks for cycles in all that torch brought along while it scores.
    gc.freeze()
    progress.say(_which_model(predictor.version, folder, arguments))
    workers = arguments.workers or workers_for(arguments.source)
    if workers > 1:
        progress.say(_many(workers))
    scoring = Scoring(
        predictor,
        folder,
        arguments.options(),
        workers=workers,
        progress=progress,
        report=report,
    )
    table = sys.stdin.buffer if arguments.from_stdin else arguments.source
    return _score_into(scoring, table, arguments)


def _which_model(version: str, folder: Path, arguments: ScoreArguments) -> str:
    """Name the model; that it is the bundled one may be for want of another here."""
    from sentiment.artifacts.store import BUNDLED, CURRENT, models_folder

    told = f"scoring with the model {version}"
    if arguments.model is None and folder.parent == BUNDLED:
        return f"{told} (bundled: there is no {models_folder() / CURRENT} here)"
    return told


def _many(workers: int) -> str:
    """Say in how many processes; more than there are CPUs only cost memory."""
    cpus = available_cpus()
    few = f", though this machine has {counted(cpus, 'CPU')}" if workers > cpus else ""
    return f"scoring in up to {workers} processes (--workers){few}"


def _on_ray(
    arguments: ScoreArguments, progress: "ProgressBar", report: "Report | None"
) -> "Tally":
    import sentiment
    from sentiment.artifacts.store import resolve
    from sentiment.scoring.cluster.run import ClusterScoring

    if arguments.output is None:
        raise ValueError("ScoreArguments require an output for Ray")
    folder = resolve(arguments.model)
    predictor = sentiment.load(folder, precision=arguments.precision)
    progress.say(_which_model(predictor.version, folder, arguments))
    scoring = ClusterScoring(
        predictor,
        folder,
        arguments.options(),
        workers=arguments.workers,
        address=arguments.ray_address,
        progress=progress,
        report=report,
    )
    return scoring.to_folder(
        arguments.source, arguments.output, resume=arguments.resume
    )


def _report(arguments: ScoreArguments) -> "Report | None":
    from sentiment.scoring.report.report import Report

    if arguments.report is None:
        return None
    return Report(
        arguments.report, arguments.date_column, overwrite=arguments.overwrite
    )


def _score_into(
    scoring: "Scoring", table: str | BinaryIO, arguments: ScoreArguments
) -> "Tally":
    """Score into a file, a device or named pipe, or stdout."""
    output = arguments.output
    if output is None:
        return scoring.to_stream(table, sys.stdout.buffer)
    if is_pipe_or_device(output):
        # A device or a named pipe must not be replaced by a file.
        with output.open("wb") as sink:
            return scoring.to_stream(table, sink, output.name)
    return scoring.to_file(
        table, output, resume=arguments.resume, overwrite=arguments.overwrite
    )


@contextmanager
def _work_kept(progress: "ProgressBar", arguments: ScoreArguments) -> Iterator[None]:
    """Report how to resume a scoring that ends early."""

    def so_far() -> str:
        return f"after {counted(progress.rows, 'row')}{_hint(arguments)}"

    try:
        yield
    except KeyboardInterrupt:
        stop(f"interrupted {so_far()}", 130)
    except BrokenPipeError:
        raise
    except ReadError as error:
        if not progress.rows:
            raise
        stop(f"{error}, {so_far()}", 2)
    except OSError as error:
        reason = error.strerror or str(error)
        where = error.filename or arguments.output or "standard output"
        stop(f"{where}: {reason}, {so_far()}", 2)


def _hint(arguments: ScoreArguments) -> str:
    """Return the hint at --resume, empty where nothing can be resumed."""
    from sentiment.scoring.cluster.part_folder import journal_of_parts
    from sentiment.scoring.partial_output import journal_of

    if arguments.output is None or not arguments.can_be_resumed:
        return ""
    if arguments.engine == "ray":
        begun = journal_of_parts(arguments.output.absolute()).exists()
    else:
        begun = journal_of(arguments.output.resolve()).exists()
    return ": the same command with --resume goes on" if begun else ""
