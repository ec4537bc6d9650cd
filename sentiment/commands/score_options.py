"""The arguments of ``sentiment score``, and which of them exclude each other."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import click

from sentiment.commands.options import MODEL, PRECISION, FilledPath, WholeNumber
from sentiment.config import PrecisionChoice
from sentiment.disk import is_pipe_or_device
from sentiment.scoring.options import ScoreOptions
from sentiment.tables.formats import FORMAT_CHOICES

# Processes that score, on one machine.
_LOCAL_WORKERS = 256
_FORMAT = click.Choice(FORMAT_CHOICES, case_sensitive=False)

_TABLE = (
    click.argument("source", metavar="IN", type=FilledPath()),
    click.option(
        "-o",
        "--output",
        type=FilledPath(path_type=Path),
        help="The file to write, in the format of its name (default: stdout).",
    ),
    click.option(
        "--overwrite",
        is_flag=True,
        help="Replace OUT, and the report, even if it is not an earlier result.",
    ),
    click.option(
        "--text-column",
        help="The column of the texts (default: text, else the only one).",
    ),
    click.option(
        "--prefix", default="", help="Put before the names of the result columns."
    ),
    click.option("--encoding", help="The input's encoding (default: detected)."),
    click.option("--delimiter", help="The input's delimiter (default: detected)."),
    click.option(
        "--quoting/--no-quoting",
        default=None,
        help="Cells may stand in quotes, or quotes are characters like others "
        "(default: detected for tabs, else quoting).",
    ),
    click.option(
        "--header/--no-header",
        default=True,
        help="The first row of CSV and TSV names the columns, or is a row like others: "
        "the columns are then text, or column_1, column_2, ... (default: --header).",
    ),
    click.option(
        "--skip-lines",
        type=WholeNumber(0),
        default=0,
        metavar="N",
        help="Leave out the first N lines of CSV and TSV, such as a title.",
    ),
    click.option(
        "--format",
        type=_FORMAT,
        help="The input's format (default: by its name, else by how it begins).",
    ),
    click.option(
        "--output-format",
        type=_FORMAT,
        help="The format of stdout, and of an output whose name does not say it "
        "(default: the input's; CSV for Parquet into a pipe).",
    ),
)
_WORK = (
    click.option(
        "--workers",
        type=WholeNumber(1, 10_000),
        help="Processes of this machine that score (default: 1; for a large file one "
        "a core, at most 4), or actors of the cluster (default: one a CPU).",
    ),
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Score on this machine, or on a Ray cluster: there IN may be a folder, "
        "and OUT becomes a folder of parts.",
    ),
    click.option(
        "--ray-address",
        help="The cluster to join (default: RAY_ADDRESS, else one on this machine).",
    ),
    click.option("--resume", is_flag=True, help="Continue a run that was killed."),
)
_TOLD = (
    click.option(
        "--report",
        type=FilledPath(dir_okay=False, path_type=Path),
        help="Also write an HTML page about the results.",
    ),
    click.option(
        "--date-column", help="For --report: show the mix by the dates in this column."
    ),
    click.option(
        "--escape-formulas",
        is_flag=True,
        help="Disarm cells that a spreadsheet would run, such as =1+1.",
    ),
    click.option(
        "--decimal",
        type=click.Choice(["point", "comma"]),
        default="point",
        show_default=True,
        help="What the results' numbers in CSV have, as the spreadsheet expects.",
    ),
    click.option("--quiet", is_flag=True, help="Print nothing but errors."),
    PRECISION,
    MODEL,
)


def score_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options whose values :class:`ScoreArguments` takes."""
    for option in reversed((*_TABLE, *_WORK, *_TOLD)):
        command = option(command)
    return command


@dataclass(frozen=True, kw_only=True)
class ScoreArguments(ScoreOptions):
    """The arguments of one ``sentiment score``; ``source`` ``-`` is stdin.

    Raises:
        click.UsageError: Some of it does not go together.
    """

    source: str
    output: Path | None
    overwrite: bool
    workers: int | None
    engine: Literal["local", "ray"]
    ray_address: str | None
    resume: bool
    report: Path | None
    date_column: str | None
    quiet: bool
    precision: PrecisionChoice
    model: Path | None

    @classmethod
    def of(cls, **given: Any) -> "ScoreArguments":
        """Return the arguments, checked; the output ``-`` is stdout."""
        if given["output"] == Path("-"):
            given["output"] = None
        arguments = cls(**given)
        arguments._check()
        return arguments

    @property
    def from_stdin(self) -> bool:
        """Whether the table comes out of stdin."""
        return self.source == "-"

    @property
    def can_be_resumed(self) -> bool:
        """Whether --resume is possible: not from a pipe, nor into a pipe or device."""
        return (
            self.output is not None
            and not self.from_stdin
            and not is_pipe_or_device(Path(self.source))
            and not is_pipe_or_device(self.output)
        )

    def options(self) -> ScoreOptions:
        """Return how the table is read and the results are written."""
        names = [field.name for field in fields(ScoreOptions)]
        return ScoreOptions(**{name: getattr(self, name) for name in names})

    def _check(self) -> None:
        if self.resume and not self.can_be_resumed:
            raise click.UsageError(
                "--resume needs a file to read and -o OUT to go on with"
            )
        if self.report == Path("-"):
            raise click.UsageError(
                "--report needs the name of a file: stdout is for the rows"
            )
        if self.date_column is not None and self.report is None:
            raise click.UsageError(
                "--date-column needs --report PAGE to show its dates in"
            )
        if self.engine == "local":
            self._check_local()
        else:
            self._check_ray()

    def _check_local(self) -> None:
        if Path(self.source).is_dir():
            raise click.UsageError(
                f"{self.source} is a folder: name a file (--engine ray reads the files "
                "of a folder)"
            )
        if self.ray_address is not None:
            raise click.UsageError("--ray-address needs --engine ray")
        if self.workers is not None and self.workers > _LOCAL_WORKERS:
            raise click.UsageError(
                f"--workers {self.workers} are processes of this machine, of which "
                f"there may be {_LOCAL_WORKERS}: --engine ray spreads them over a "
                "cluster"
            )
        if self.output is not None and self.output.is_dir():
            raise click.UsageError(
                f"{self.output} is a folder: name a file (--engine ray makes a new "
                "folder)"
            )

    def _check_ray(self) -> None:
        if self.output is None or self.from_stdin:
            raise click.UsageError(
                "--engine ray needs a file or a folder to read and -o FOLDER to write"
            )
