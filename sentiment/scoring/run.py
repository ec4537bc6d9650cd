"""Score a table into a file or a pipe: every row in its place, whole or resumable."""

import hashlib
import itertools
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import sentiment
from sentiment.errors import DataError
from sentiment.predictor import Predictor
from sentiment.scoring import blocks as cutting
from sentiment.scoring.blocks import Block, cut_blocks
from sentiment.scoring.columns import choose_text_column, result_columns
from sentiment.scoring.engine import score_blocks, score_blocks_with_workers
from sentiment.scoring.formats import (
    BlockFormat,
    CsvFormat,
    JsonLinesFormat,
    gzipped,
    output_format,
    require_distinct,
)
from sentiment.scoring.parquet import ParquetFormat
from sentiment.scoring.partial import Partial
from sentiment.scoring.report import Report
from sentiment.scoring.results import Results, Tally
from sentiment.store import MANIFEST
from sentiment.tables import TableReader, open_table

# So often what is done is made safe for --resume.
_MARK_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class ScoreOptions:
    """How a table is read and its results are named and written."""

    text_column: str | None = None
    prefix: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    format: str | None = None
    escape_formulas: bool = False


class Progress:
    """Hears how a scoring goes; this one keeps it to itself."""

    def say(self, message: str) -> None:
        """Hear something that a person should know."""

    def start(self, total_bytes: int | None, tally: Tally) -> None:
        """Hear how much there is to read (None: nobody knows), and what is done."""

    def update(self, read_bytes: int, tally: Tally) -> None:
        """Hear how far the reading has come, and of what was written."""


class Scoring:
    """Scores tables with one model and one set of options.

    ``model`` is the folder of ``predictor``'s model, for worker processes to load. A
    ``report`` is of one scoring.
    """

    def __init__(
        self,
        predictor: Predictor,
        model: Path,
        options: ScoreOptions,
        *,
        workers: int = 1,
        progress: Progress | None = None,
        report: Report | None = None,
    ) -> None:
        self.predictor = predictor
        self.model = model
        self.options = options
        self.workers = workers
        self.progress = progress or Progress()
        self.report = report

    def to_file(
        self, source: str | BinaryIO, output: Path, *, resume: bool = False
    ) -> Tally:
        """Score ``source`` into ``output``, which appears under its name when whole.

        Raises:
            DataError: The input cannot be read, or is not that of the unfinished
                output that is to be resumed.
            OSError: The disk is full or refuses; what is done is kept for a resume.
        """
        # A link stays one: what it points to is replaced.
        output = output.resolve()
        if isinstance(source, str) and output == Path(source).resolve():
            raise DataError(f"{source} would replace itself: name another output")
        with self._opened(source) as table:
            column = self._text_column(table)
            self._check_report(table, source, output)
            blocks = cut_blocks(table, column)
            form, zipped = self._format(table, str(output))
            with closing(Partial(output)) as partial:
                identity = self._identity(source)
                state = self._resumed(partial, identity) if resume else None
                if state is not None and partial.is_finished(state):
                    return self._cleared_away(partial, state)
                identity["precision"] = self.predictor.precision
                run = _Run(partial, form, zipped, identity, self.report)
                run.begin(state)
                self.progress.start(_size(source), run.tally)
                remaining = itertools.islice(blocks, run.blocks, None)
                with run.kept(isinstance(source, str)), self._scored(remaining) as done:
                    for block, results in done:
                        run.take(block, results)
                        self.progress.update(table.bytes_read(), run.tally)
                # Before the output, whose name says that all is done.
                self._write_report(table, column, run.tally)
                run.finish()
        return run.tally

    def to_stream(
        self, source: str | BinaryIO, sink: BinaryIO, name: str | None = None
    ) -> Tally:
        """Score ``source`` into a stream, such as a pipe, called ``name``."""
        tally = Tally()
        with self._opened(source) as table:
            column = self._text_column(table)
            self._check_report(table, source)
            form, zipped = self._format(table, name)
            if isinstance(form, ParquetFormat):
                raise DataError("Parquet cannot be written into a pipe: name a file")
            pack = gzipped if zipped else bytes
            self.progress.start(_size(source), tally)
            sink.write(pack(form.header()))
            with self._scored(cut_blocks(table, column)) as done:
                for block, results in done:
                    sink.write(pack(form.block(block.rows, results)))
                    sink.flush()
                    tally.add(results)
                    if self.report is not None:
                        self.report.findings.add(block.rows, block.texts, results)
                    self.progress.update(table.bytes_read(), tally)
            sink.flush()
            self._write_report(table, column, tally)
        return tally

    @contextmanager
    def _opened(self, source: str | BinaryIO) -> Iterator[TableReader]:
        options = self.options
        with open_table(
            source,
            encoding=options.encoding,
            delimiter=options.delimiter,
            format=options.format,
        ) as table:
            self.progress.say(f"reading {table.name}: {table.dialect.describe()}")
            yield table

    def _format(
        self, table: TableReader, output: str | None
    ) -> tuple[BlockFormat, bool]:
        names = result_columns(table.columns, self.options.prefix)
        kind, zipped, delimiter = output_format(output, table.dialect)
        form: BlockFormat
        match kind:
            case "parquet":
                form = ParquetFormat(table.columns, names, table.schema)
            case "jsonl":
                require_distinct(table.columns, "JSON")
                form = JsonLinesFormat(table.columns, names)
            case "csv":
                form = CsvFormat(
                    table.columns,
                    names,
                    delimiter=delimiter,
                    line_end=table.dialect.line_end,
                    escape_formulas=self.options.escape_formulas,
                )
        return form, zipped

    def _text_column(self, table: TableReader) -> str:
        column = choose_text_column(table.columns, self.options.text_column)
        if table.columns.count(column) > 1:
            self.progress.say(f"{column!r} names several columns: the first is scored")
        return column

    def _check_report(
        self, table: TableReader, source: str | BinaryIO, *outputs: Path
    ) -> None:
        if self.report is not None:
            inputs = [Path(source)] if isinstance(source, str) else []
            self.report.check(table.columns, *inputs, *outputs)

    def _write_report(self, table: TableReader, column: str, tally: Tally) -> None:
        if self.report is not None:
            # Not the folder: the page is made to be passed on.
            name = Path(table.name).name
            self.report.write(name, column, self.predictor.version, tally)

    def _scored(
        self, blocks: Iterator[Block]
    ) -> "closing[Generator[tuple[Block, Results]]]":
        if self.workers > 1:
            # Closed, so that no worker outlives a failure here.
            return closing(
                score_blocks_with_workers(
                    self.model, blocks, self.workers, self.predictor.precision
                )
            )
        return closing(score_blocks(self.predictor, blocks))

    def _resumed(
        self, partial: Partial, identity: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Return what an earlier run noted, if it was of the same input and options.

        From here on the model reads in the precision that it read in there.
        """
        state = partial.marked()
        if state is None:
            self.progress.say("nothing was begun: starting at row 1")
            return None
        for part, value in identity.items():
            if state["identity"].get(part) != value:
                raise DataError(
                    f"the unfinished output was made with another {part}: "
                    "go back to that one, or run again without --resume"
                )
        noted = state["identity"].get("precision", "float32")
        self.predictor = self.predictor.in_precision(noted)
        self.progress.say(f"resuming at row {int(state['tally']['rows']) + 1:,}")
        return state

    def _cleared_away(self, partial: Partial, state: dict[str, Any]) -> Tally:
        """Return what a run counted that ended between its output and its end."""
        self.progress.say("the output is whole already")
        tally = Tally.from_json(state["tally"])
        self.progress.start(None, tally)
        partial.discard()
        return tally

    def _identity(self, source: str | BinaryIO) -> dict[str, Any]:
        """Return what must be the same for a run to go on with another's output."""
        bounds = [cutting.MAX_ROWS, cutting.MAX_CHARACTERS]
        return {
            "release": [sentiment.__version__, *bounds],
            "model": [self.predictor.version, _sha256(self.model / MANIFEST)],
            "options": asdict(self.options),
            "input": _sha256(Path(source)) if isinstance(source, str) else None,
        }


class _Run:
    """One output under way: what is written, and what of it is safe."""

    def __init__(
        self,
        partial: Partial,
        form: BlockFormat,
        zipped: bool,
        identity: dict[str, Any],
        report: Report | None,
    ) -> None:
        self.tally = Tally()
        self.blocks = 0
        self._partial = partial
        self._form = form
        self._pack: Callable[[bytes], bytes] = gzipped if zipped else bytes
        self._identity = identity
        self._report = report
        self._safe: dict[str, Any] = {}
        self._marked = time.monotonic()

    def begin(self, state: dict[str, Any] | None) -> None:
        """Start anew, or behind what ``state`` says is safe."""
        if state is None:
            self._partial.begin()
            self._partial.append(self._pack(self._form.header()))
        else:
            if self._report is not None:
                self._report.go_on(state["report"])
            self.tally = Tally.from_json(state["tally"])
            self.blocks = int(state["blocks"])
            self._partial.go_on(int(state["position"]))
        self._note()

    def take(self, block: Block, results: Results) -> None:
        """Write a block, and make it safe if the last time was a while ago."""
        self._partial.append(self._pack(self._form.block(block.rows, results)))
        self.tally.add(results)
        if self._report is not None:
            self._report.findings.add(block.rows, block.texts, results)
        self.blocks += 1
        self._note()
        if time.monotonic() - self._marked > _MARK_SECONDS:
            self._partial.mark(self._safe)
            self._marked = time.monotonic()

    @contextmanager
    def kept(self, resumable: bool) -> Iterator[None]:
        """Whatever goes wrong inside, keep what is done, if one can go on with it."""
        try:
            yield
        except BaseException:
            # On a full disk the last mark stands, which is a moment old.
            with suppress(OSError):
                if resumable:
                    self._partial.mark(self._safe)
                else:
                    self._partial.discard()
            raise

    def finish(self) -> None:
        """Put the output under its name."""
        # Should the power go between the output and the journal's end, it says so.
        self._partial.mark({**self._safe, "finished": True})
        if isinstance(self._form, ParquetFormat):
            self._partial.finish(self._form.assemble)
        else:
            self._partial.finish()

    def _note(self) -> None:
        # At once, so that an interruption finds a whole block or none.
        self._safe = {
            "identity": self._identity,
            "tally": self.tally.to_json(),
            "report": self._report and self._report.findings.to_json(),
            "blocks": self.blocks,
            "position": self._partial.position(),
        }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(source: str | BinaryIO) -> int | None:
    return Path(source).stat().st_size if isinstance(source, str) else None
