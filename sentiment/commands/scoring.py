"""The command that scores a table."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from sentiment.commands.exits import stop
from sentiment.commands.options import MODEL

if TYPE_CHECKING:
    from sentiment.scoring.cluster.run import ClusterScoring
    from sentiment.scoring.progress import ProgressBar
    from sentiment.scoring.results import Tally
    from sentiment.scoring.run import ScoreOptions, Scoring

# Processes that score, on one machine.
_LOCAL_WORKERS = 256


@click.command()
@click.argument("source", metavar="IN")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write, in the format of its name (default: stdout).",
)
@click.option("--text-column", help="The column of the texts (default: text).")
@click.option("--prefix", default="", help="Put in front of the results' names.")
@click.option("--encoding", help="The input's encoding (default: found out).")
@click.option("--delimiter", help="The input's delimiter (default: found out).")
@click.option("--format", "format_", help="csv, jsonl or parquet (default: by name).")
@click.option("--workers", type=click.IntRange(1, 10_000), default=1, show_default=True)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    help="ray: IN may be a folder, OUT becomes one, and the workers are a cluster's.",
)
@click.option(
    "--ray-address",
    help="The cluster to join (default: RAY_ADDRESS, else one on this machine).",
)
@click.option("--resume", is_flag=True, help="Go on where a killed run stopped.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page (HTML) of what came out, too.",
)
@click.option("--date-column", help="For --report: the mix over this column's dates.")
@click.option("--escape-formulas", is_flag=True, help="Disarm cells like =1+1.")
@click.option("--quiet", is_flag=True, help="Say nothing that is not an error.")
@MODEL
def score(
    source: str,
    output: Path | None,
    text_column: str | None,
    prefix: str,
    encoding: str | None,
    delimiter: str | None,
    format_: str | None,
    workers: int,
    engine: str,
    ray_address: str | None,
    resume: bool,
    report: Path | None,
    date_column: str | None,
    escape_formulas: bool,
    quiet: bool,
    model: Path | None,
) -> None:
    """Score the table IN (CSV, TSV, JSON lines, Parquet; - is stdin) row by row.

    The output has the same rows in the same order, all columns kept, and the columns
    sentiment, confidence, negative, neutral, positive and error. Exit code 1 says that
    it is whole, but some rows have an error.
    """
    output = None if output == Path("-") else output
    if resume and (output is None or source == "-"):
        raise click.UsageError("--resume needs a file to read and -o OUT to go on with")
    if date_column is not None and report is None:
        raise click.UsageError("--date-column needs --report PAGE to show its dates in")
    _check_engine(engine, source, output, workers, report, ray_address)
    import sentiment
    from sentiment.predictor import limit_threads
    from sentiment.scoring.progress import ProgressBar
    from sentiment.scoring.report import Report
    from sentiment.scoring.run import ScoreOptions, Scoring
    from sentiment.store import resolve

    # One thread a process: the batches are small, and workers share the cores.
    limit_threads(1)
    folder = resolve(model)
    progress = ProgressBar(quiet=quiet)
    options = ScoreOptions(
        text_column=text_column,
        prefix=prefix,
        encoding=encoding,
        delimiter=delimiter,
        format=format_,
        escape_formulas=escape_formulas,
    )
    with progress, _work_kept(progress, output, resumable=source != "-"):
        if engine == "ray" and output is not None:
            cluster = _cluster(folder, options, workers, ray_address, progress)
            tally = cluster.to_folder(source, output, resume=resume)
        else:
            scoring = Scoring(
                sentiment.load(folder),
                folder,
                options,
                workers=workers,
                progress=progress,
                report=Report(report, date_column) if report else None,
            )
            table = sys.stdin.buffer if source == "-" else source
            tally = _score_into(scoring, table, output, resume=resume)
    progress.summarise(tally)
    if report:
        progress.say(f"the report is {report}")
    if tally.errors:
        sys.exit(1)


def _check_engine(
    engine: str,
    source: str,
    output: Path | None,
    workers: int,
    report: Path | None,
    address: str | None,
) -> None:
    """Refuse what an engine cannot do."""
    if engine == "local":
        if address is not None:
            raise click.UsageError("--ray-address needs --engine ray")
        if workers > _LOCAL_WORKERS:
            raise click.UsageError(
                f"--workers {workers} are processes of this machine, of which there "
                f"may be {_LOCAL_WORKERS}: --engine ray spreads them over a cluster"
            )
        if output is not None and output.is_dir():
            raise click.UsageError(
                f"{output} is a folder: name a file (--engine ray makes a new folder)"
            )
    elif output is None or source == "-":
        raise click.UsageError(
            "--engine ray needs a file or a folder to read and -o FOLDER to write"
        )
    elif report is not None:
        raise click.UsageError(
            "--report is made by --engine local alone, in one pass over the rows"
        )


def _cluster(
    model: Path,
    options: "ScoreOptions",
    workers: int,
    address: str | None,
    progress: "ProgressBar",
) -> "ClusterScoring":
    import sentiment
    from sentiment.scoring.cluster.run import ClusterScoring

    return ClusterScoring(
        sentiment.load(model),
        model,
        options,
        workers=workers,
        address=address,
        progress=progress,
    )


def _score_into(
    scoring: "Scoring", table: str | BinaryIO, output: Path | None, *, resume: bool
) -> "Tally":
    """Score into a file, a device or named pipe, or stdout (None)."""
    if output is None:
        return scoring.to_stream(table, sys.stdout.buffer)
    if output.exists() and not output.is_file():
        # A device or a named pipe must not be replaced by a file.
        with output.open("wb") as sink:
            return scoring.to_stream(table, sink, output.name)
    return scoring.to_file(table, output, resume=resume)


@contextmanager
def _work_kept(
    progress: "ProgressBar", output: Path | None, *, resumable: bool
) -> Iterator[None]:
    """Say of a scoring that ends early how to go on with it."""
    kept = output is not None and resumable
    hint = ": the same command with --resume goes on from there" if kept else ""
    try:
        yield
    except KeyboardInterrupt:
        stop(f"interrupted after {progress.rows:,} rows{hint}", 130)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        where = error.filename or output or "standard output"
        stop(f"{where}: {reason}, after {progress.rows:,} rows{hint}", 2)
