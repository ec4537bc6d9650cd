"""The command ``sentiment``: predict, score a file, describe the model, serve it.

Nothing heavy is imported before a command needs it, so that --help is quick.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentiment.errors import SentimentError, TextError

if TYPE_CHECKING:
    from sentiment.prediction import Prediction
    from sentiment.predictor import Predictor

# Lines of stdin that are scored together.
_LINES = 256
_COLORS = {"negative": "red", "neutral": "yellow", "positive": "green"}
_BAR = 24


class _ModelOption(click.Option):
    """``--model`` before or after the command's name; the one nearer to it counts."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        given = super().process_value(ctx, value)
        if given is None and ctx.parent is not None:
            return ctx.parent.params.get("model")
        return given


def _model_option(command: Any) -> Any:
    return click.option(
        "--model",
        cls=_ModelOption,
        type=click.Path(path_type=Path),
        help="The folder of a model (default: models/current, else the bundled one).",
    )(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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
    failed = False
    for group in _groups(texts or (line.rstrip("\r\n") for line in sys.stdin)):
        answers = predictor.predict_each(group, explain=explain)
        for text, answer in zip(group, answers, strict=True):
            failed |= isinstance(answer, TextError)
            if as_json:
                click.echo(json.dumps(_as_json(answer, predictor)))
            elif isinstance(answer, TextError):
                click.echo(f"sentiment: {text[:40]!r}: {answer.message}", err=True)
            else:
                click.echo(_for_people(text, answer))
    if failed:
        sys.exit(1)


@cli.command()
@click.argument("source", metavar="IN")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--text-column", help="The column of the texts (default: text).")
@click.option("--prefix", default="", help="Put in front of the results' names.")
@click.option("--encoding", help="The input's encoding (default: found out).")
@click.option("--delimiter", help="The input's delimiter (default: found out).")
@click.option("--format", "format_", help="csv, jsonl or parquet (default: by name).")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on where a killed run stopped.")
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
    resume: bool,
    escape_formulas: bool,
    quiet: bool,
    model: Path | None,
) -> None:
    """Score the table IN (CSV, TSV, JSON lines, Parquet; - is stdin) row by row.

    The output has the same rows in the same order, all columns kept, and the columns
    sentiment, confidence, negative, neutral, positive and error. Exit code 1 says that
    it is whole, but some rows have an error.
    """
    if resume and (output is None or source == "-"):
        raise click.UsageError("--resume needs a file to read and -o OUT to go on with")
    import sentiment
    from sentiment.predictor import limit_threads
    from sentiment.scoring.progress import ProgressBar
    from sentiment.scoring.run import ScoreOptions, Scoring
    from sentiment.store import resolve

    # One thread a process: the batches are small, and workers share the cores.
    limit_threads(1)
    folder = resolve(model)
    progress = ProgressBar(quiet=quiet)
    scoring = Scoring(
        sentiment.load(folder),
        folder,
        ScoreOptions(
            text_column=text_column,
            prefix=prefix,
            encoding=encoding,
            delimiter=delimiter,
            format=format_,
            escape_formulas=escape_formulas,
        ),
        workers=workers,
        progress=progress,
    )
    table = sys.stdin.buffer if source == "-" else source
    with progress:
        if output is None:
            tally = scoring.to_stream(table, sys.stdout.buffer)
        else:
            tally = scoring.to_file(table, output, resume=resume)
    progress.summarise(tally)
    if tally.errors:
        sys.exit(1)


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

    folder = resolve(model)  # refused here, before any worker starts
    environment = dict(os.environ)
    if model is not None:
        environment["SENTIMENT_MODEL"] = str(folder)
    if host is not None or port is not None:
        chosen = port or environment.get("PORT", "8000")
        environment["SENTIMENT_BIND"] = f"{host or '127.0.0.1'}:{chosen}"
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
    try:
        cli(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _stop("interrupted; score --resume goes on from what is done", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SentimentError as error:
        _stop(str(error), 2)
    except BrokenPipeError:
        # The reader (`| head`) has enough. Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except UnicodeDecodeError as error:
        _stop(f"stdin is not {error.encoding}: {error.reason}", 2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _stop(f"{where}{error.strerror or error}; --resume goes on once mended", 2)


def _stop(message: str, code: int) -> None:
    click.echo(f"sentiment: {message}", err=True)
    sys.exit(code)


def _groups(texts: Iterable[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for text in texts:
        group.append(text)
        if len(group) == _LINES or sys.stdin.isatty():
            yield group
            group = []
    if group:
        yield group


def _as_json(
    answer: "Prediction | TextError", predictor: "Predictor"
) -> dict[str, Any]:
    if isinstance(answer, TextError):
        return {"error": {"code": answer.code, "message": answer.message}}
    return {**answer.to_json(), "model": predictor.version}


def _for_people(text: str, answer: "Prediction") -> str:
    from sentiment.prediction import named

    label = click.style(f"{answer.label:8}", fg=_COLORS.get(answer.label), bold=True)
    lines = [f"{label} {answer.confidence:4.0%}  {text}"]
    if answer.tokens is not None:
        for name, share in named(answer.probabilities).items():
            bar = "█" * round(_BAR * share)
            lines.append(
                f"  {name:8} {share:4.0%} {click.style(bar, fg=_COLORS[name])}"
            )
        for token in answer.tokens:
            color = "green" if token.contribution > 0 else "red"
            shown = click.style(f"{token.contribution:+6.2f}", fg=color)
            lines.append(f"  {shown}  {token.text}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
