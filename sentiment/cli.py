"""The command ``sentiment``: predict, score a file, describe the model, serve it.

Nothing heavy is imported before a command needs it, so that --help is quick.
"""

import importlib.util
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from sentiment.errors import SentimentError, TextError

if TYPE_CHECKING:
    from sentiment.prediction import Prediction
    from sentiment.scoring.cluster.run import ClusterScoring
    from sentiment.scoring.progress import ProgressBar
    from sentiment.scoring.results import Tally
    from sentiment.scoring.run import ScoreOptions, Scoring

    # Prints a text's answer, or why it has none.
    Show = Callable[[str | TextError, Prediction | TextError], None]

# Lines of stdin that are scored together.
_LINES = 256
# Processes that score, on one machine.
_LOCAL_WORKERS = 256
# What a shell reports of a program whose reader went away.
_BROKEN_PIPE = 141


def _nearer_model(
    context: click.Context, _: click.Parameter, given: Path | None
) -> Path | None:
    """Return ``--model`` as it stands after the command's name, else before it."""
    if given is None and context.parent is not None:
        before: Path | None = context.parent.params.get("model")
        return before
    return given


def _model_option(command: Any) -> Any:
    return click.option(
        "--model",
        callback=_nearer_model,
        type=click.Path(path_type=Path),
        help="The folder of a model (default: models/current, else the bundled one).",
    )(command)


class _Commands(click.Group):
    """Commands whose reader (`| head`) may have enough before they are done."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; click itself would answer 1, which means errors in rows."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            # Python would complain again when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_BROKEN_PIPE)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sentiment")
@_model_option
def cli(model: Path | None) -> None:
    """Tell whether a review is positive, neutral or negative."""


@cli.command()
@click.argument("texts", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="An object of /predict's a line.")
@click.option("--explain", is_flag=True, help="Show what each word did to the answer.")
@_model_option
def predict(
    texts: tuple[str, ...], as_json: bool, explain: bool, model: Path | None
) -> None:
    """Score TEXTS, or each line of stdin."""
    import sentiment

    predictor = sentiment.load(model)
    show = _json_line(predictor.version) if as_json else _for_people()
    failed = False
    for group in _groups(texts):
        readable = [text for text in group if isinstance(text, str)]
        answers = iter(predictor.predict_each(readable, explain=explain))
        for text in group:
            answer = next(answers) if isinstance(text, str) else text
            failed |= isinstance(answer, TextError)
            show(text, answer)
    if failed:
        sys.exit(1)


@cli.command()
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
@_model_option
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


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="The whole manifest.")
@_model_option
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


@cli.command()
@click.option("--host", help="The address to listen on (default: 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(1, 65_535), help="Default: PORT, else 8000."
)
@_model_option
def serve(host: str | None, port: int | None, model: Path | None) -> None:
    """Serve the model over HTTP with gunicorn."""
    from sentiment.store import resolve

    environment = dict(os.environ)
    chosen_model = model or environment.get("SENTIMENT_MODEL") or None
    resolve(chosen_model)  # refused here, before any worker starts
    if model is not None:
        # Not resolved: of a link the service is to follow the moves.
        environment["SENTIMENT_MODEL"] = str(model.absolute())
    if host is not None or port is not None:
        chosen_port = port or environment.get("PORT") or "8000"
        environment["SENTIMENT_BIND"] = f"{host or '127.0.0.1'}:{chosen_port}"
    # Found, not imported: the library does not depend on its service.
    service = importlib.util.find_spec("service")
    if service is None or not service.submodule_search_locations:
        raise SentimentError("the service is not installed: install the whole project")
    config = Path(service.submodule_search_locations[0]) / "gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
    sys.stdout.flush()
    os.execve(sys.executable, [*command, "service.app:create_app()"], environment)  # noqa: S606  # no shell


def main() -> None:
    """Run the command; whatever goes wrong is one line on stderr, and an exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a terminal's encoding has no character for is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        cli(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _stop("interrupted", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SentimentError as error:
        _stop(str(error), 2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _stop(f"{where}{error.strerror or error}", 2)


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
        _stop(f"interrupted after {progress.rows:,} rows{hint}", 130)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        where = error.filename or output or "standard output"
        _stop(f"{where}: {reason}, after {progress.rows:,} rows{hint}", 2)


def _stop(message: str, code: int) -> None:
    click.echo(f"sentiment: {message}", err=True)
    sys.exit(code)


def _groups(texts: tuple[str, ...]) -> Iterator[list["str | TextError"]]:
    """Yield the arguments, or the lines of stdin, as many as are scored together."""
    if texts:
        yield list(texts)
        return
    at_once = _LINES
    if sys.stdin.isatty():
        click.echo("One text a line; Ctrl-D ends.", err=True)
        at_once = 1
    group: list[str | TextError] = []
    for line in sys.stdin.buffer:
        group.append(_decoded(line.rstrip(b"\r\n")))
        if len(group) == at_once:
            yield group
            group = []
    if group:
        yield group


def _decoded(line: bytes) -> "str | TextError":
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        return TextError(
            "not_utf_8", f"the line is not UTF-8 (byte {line[error.start]:#04x})"
        )


def _json_line(version: str) -> "Show":
    def show(_text: object, answer: "Prediction | TextError") -> None:
        if isinstance(answer, TextError):
            error = {"code": answer.code, "message": answer.message}
            click.echo(json.dumps({"error": error}))
        else:
            click.echo(json.dumps({**answer.to_json(), "model": version}))

    return show


def _for_people() -> "Show":
    from sentiment import terminal

    # See https://no-color.org
    on_screen = sys.stdout.isatty()
    color = on_screen and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if on_screen else 0

    def show(text: "str | TextError", answer: "Prediction | TextError") -> None:
        if isinstance(answer, TextError):
            shown = f"{terminal.plain(text[:40])!r}: " if isinstance(text, str) else ""
            click.echo(f"sentiment: {shown}{answer.message}", err=True)
        else:
            line = terminal.show(str(text), answer, color=color, width=width)
            click.echo(line, color=color)

    return show


if __name__ == "__main__":
    main()
