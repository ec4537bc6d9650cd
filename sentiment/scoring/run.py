"""Score a file into a file: every row in its place, whole or resumable."""

import hashlib
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sentiment.errors import DataError
from sentiment.predictor import Predictor
from sentiment.scoring.blocks import Block, cut_blocks
from sentiment.scoring.columns import choose_text_column, result_columns
from sentiment.scoring.engine import score_blocks, score_blocks_with_workers
from sentiment.scoring.formats import (
    BlockFormat,
    CsvFormat,
    JsonLinesFormat,
    ParquetFormat,
    gzipped,
    output_format,
)
from sentiment.scoring.partial import Partial, PartialFile, PartialParts
from sentiment.scoring.results import Result, Tally
from sentiment.tables import TableReader, open_table

# So often what is done is made safe for --resume.
_MARK_SECONDS = 0.5
_FINGERPRINT_BYTES = 1 << 20


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

    def start(self, total_bytes: int | None) -> None:
        """Hear how much there is to read, None where nobody knows."""

    def update(self, read_bytes: int, tally: Tally) -> None:
        """Hear how far the reading has come, and of what was written."""


class Scoring:
    """Scores tables with one model and one set of options.

    ``model`` is the folder of ``predictor``'s model, for worker processes to load.
    """

    def __init__(
        self,
        predictor: Predictor,
        model: Path,
        options: ScoreOptions,
        *,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> None:
        self.predictor = predictor
        self.model = model
        self.options = options
        self.workers = workers
        self.progress = progress or Progress()

    def to_file(
        self, source: str | BinaryIO, output: Path, *, resume: bool = False
    ) -> Tally:
        """Score ``source`` into ``output``, which appears under its name when whole.

        Raises:
            DataError: The input cannot be read, or is not that of the unfinished
                output that is to be resumed.
            OSError: The disk is full or refuses; what is done is kept for a resume.
        """
        with self._opened(source) as table:
            blocks = self._blocks(table)
            form, zipped = self._format(table, str(output))
            kind = PartialParts if isinstance(form, ParquetFormat) else PartialFile
            partial = kind(output)
            try:
                state = self._resumed(partial, source) if resume else None
                run = _Run(partial, form, zipped, self._identity(source))
                run.begin(state)
                remaining = itertools.islice(blocks, run.blocks, None)
                for block, results in self._scored(remaining):
                    run.take(block, results)
                    self.progress.update(table.bytes_read(), run.tally)
                partial.finish()
            finally:
                partial.close()
        return run.tally

    def to_stream(self, source: str | BinaryIO, sink: BinaryIO) -> Tally:
        """Score ``source`` into a stream, for a pipe."""
        tally = Tally()
        with self._opened(source) as table:
            blocks = self._blocks(table)
            form, _ = self._format(table, None)
            sink.write(form.header())
            for block, results in self._scored(blocks):
                sink.write(form.block(block.rows, results))
                sink.flush()
                tally.add(results)
                self.progress.update(table.bytes_read(), tally)
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
            known = isinstance(source, str)
            self.progress.start(Path(str(source)).stat().st_size if known else None)
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
                form = JsonLinesFormat(table.columns, names)
            case "csv":
                form = CsvFormat(
                    table.columns,
                    names,
                    delimiter=delimiter,
                    escape_formulas=self.options.escape_formulas,
                )
        return form, zipped

    def _blocks(self, table: TableReader) -> Iterator[Block]:
        column = choose_text_column(table.columns, self.options.text_column)
        return cut_blocks(table, column)

    def _scored(self, blocks: Iterator[Block]) -> Iterator[tuple[Block, list[Result]]]:
        if self.workers > 1:
            return score_blocks_with_workers(self.model, blocks, self.workers)
        return score_blocks(self.predictor, blocks)

    def _resumed(
        self, partial: Partial, source: str | BinaryIO
    ) -> dict[str, Any] | None:
        """Return what an earlier run noted, if it was of the same input and options."""
        state = partial.marked()
        if state is None:
            self.progress.say("nothing was begun: starting at row 1")
            return None
        for part, value in self._identity(source).items():
            if state["identity"].get(part) != value:
                raise DataError(
                    f"the unfinished output was made with another {part}: "
                    "go back to that one, or run again without --resume"
                )
        self.progress.say(f"resuming at row {int(state['tally']['rows']) + 1:,}")
        return state

    def _identity(self, source: str | BinaryIO) -> dict[str, Any]:
        """Return what must be the same for a run to go on with another's output."""
        return {
            "input": _fingerprint(Path(source)) if isinstance(source, str) else None,
            "model": self.predictor.version,
            "options": asdict(self.options),
        }


class _Run:
    """One output under way: what is written, and what of it is safe."""

    def __init__(
        self,
        partial: Partial,
        form: BlockFormat,
        zipped: bool,
        identity: dict[str, Any],
    ) -> None:
        self.tally = Tally()
        self.blocks = 0
        self._partial = partial
        self._form = form
        self._pack: Callable[[bytes], bytes] = gzipped if zipped else bytes
        self._identity = identity
        self._marked = time.monotonic()

    def begin(self, state: dict[str, Any] | None) -> None:
        """Start anew, or behind what ``state`` says is safe."""
        if state is None:
            self._partial.begin()
            self._partial.append(self._pack(self._form.header()))
            return
        self.tally = Tally.from_json(state["tally"])
        self.blocks = int(state["blocks"])
        self._partial.go_on(int(state["position"]))

    def take(self, block: Block, results: list[Result]) -> None:
        """Write a block, and make it safe if the last time was a while ago."""
        self._partial.append(self._pack(self._form.block(block.rows, results)))
        self.tally.add(results)
        self.blocks += 1
        if time.monotonic() - self._marked > _MARK_SECONDS:
            state = {"tally": self.tally.to_json(), "blocks": self.blocks}
            self._partial.mark({"identity": self._identity, **state})
            self._marked = time.monotonic()


def _fingerprint(path: Path) -> list[Any]:
    """Return the size of a file and a sum of its beginning and its end."""
    size = path.stat().st_size
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(_FINGERPRINT_BYTES))
        file.seek(max(0, size - _FINGERPRINT_BYTES))
        digest.update(file.read())
    return [size, digest.hexdigest()]
