"""Score a table into a file or a pipe, in order; an unfinished file can be resumed."""

import itertools
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import sentiment
from sentiment.disk import is_same_file, sha256_of
from sentiment.errors import DataError
from sentiment.prediction.predictor import Predictor
from sentiment.scoring import blocks as cutting
from sentiment.scoring.blocks import Block, cut_blocks
from sentiment.scoring.columns import choose_text_column, result_columns
from sentiment.scoring.formats import (
    BlockWriter,
    OutputDialect,
    block_writer,
    choose_output_dialect,
)
from sentiment.scoring.identity import identity_of, resumed
from sentiment.scoring.journal import JournalState
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.partial_output import PartialOutput, files_of
from sentiment.scoring.progress import Progress
from sentiment.scoring.replacing import require_replaceable
from sentiment.scoring.report.page import ReportSubject
from sentiment.scoring.report.report import Report
from sentiment.scoring.results import Results, Tally
from sentiment.scoring.score_blocks import score_blocks, score_blocks_with_workers
from sentiment.scoring.sinks import ResumableSink, Sink, StreamSink
from sentiment.tables import TableReader, open_table
from sentiment.wording import counted


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
        self,
        source: str | BinaryIO,
        output: Path,
        *,
        resume: bool = False,
        overwrite: bool = False,
    ) -> Tally:
        """Score ``source`` into ``output``, which appears under its name when whole.

        An earlier result is replaced; with ``overwrite`` any file is.

        Raises:
            DataError: The input cannot be read, or is not that of the unfinished
                output that is to be resumed, or is a pipe and cannot be resumed; or
                ``output`` is a file that may not be replaced.
            OSError: The disk is full or refuses; what is done is kept for a resume.
        """
        if resume and not _can_be_read_again(source):
            raise DataError("a pipe cannot be resumed: it cannot be read again")
        # A link stays one: what it points to is replaced.
        output = output.resolve()
        if any(is_same_file(source, place) for place in files_of(output)):
            name = source if isinstance(source, str) else "standard input"
            raise DataError(f"{name} would replace itself: name another output")
        with self._opened(source) as table:
            column = self._text_column(table)
            self._check_report(table, source, *files_of(output))
            output_dialect, writer = self._block_writer(table, str(output))
            if not overwrite:
                require_replaceable(output, output_dialect.delimiter)
            with closing(PartialOutput(output)) as partial:
                identity = self._identity(source)
                if not resume:
                    self._report_replaced(partial)
                state = self._resumed(partial, identity) if resume else None
                if state is not None and partial.is_finished(state):
                    return self._cleared_away(partial, state)
                identity["precision"] = self.predictor.precision
                sink = ResumableSink(
                    partial, writer, output_dialect, identity, self.report
                )
                sink.begin(state)
                if state is not None:  # not before: it may be refused until here
                    self.progress.say(f"resuming at row {sink.tally.rows + 1:,}")
                self.progress.start(_size(source), sink.tally)
                with sink.kept(_can_be_read_again(source)):
                    self._fill(sink, table, column, done=sink.blocks)
                sink.finish()
        return sink.tally

    def to_stream(
        self, source: str | BinaryIO, stream: BinaryIO, name: str | None = None
    ) -> Tally:
        """Score ``source`` into a stream, such as a pipe, called ``name``."""
        with self._opened(source) as table:
            column = self._text_column(table)
            self._check_report(table, source)
            output_dialect, writer = self._block_writer(table, name)
            if output_dialect.format == "parquet":
                raise DataError("Parquet cannot be written into a pipe: name a file")
            sink = StreamSink(stream, writer, output_dialect, self.report)
            self.progress.start(_size(source), sink.tally)
            self._fill(sink, table, column)
            sink.finish()
        return sink.tally

    def _fill(
        self, sink: Sink, table: TableReader, column: str, *, done: int = 0
    ) -> None:
        """Score the blocks behind those that are ``done``, and write the report.

        It is written before the output is finished, whose name says that all is.
        """
        remaining = itertools.islice(cut_blocks(table, column), done, None)
        with self._scored(remaining) as scored:
            for block, results in scored:
                sink.take(block, results)
                self.progress.update(table.bytes_read(), sink.tally)
            self._write_report(table, column, sink.tally)

    @contextmanager
    def _opened(self, source: str | BinaryIO) -> Iterator[TableReader]:
        name = source if isinstance(source, str) else "standard input"
        self.progress.look(f"looking through {name}", _size(source))
        with open_table(
            source, self.options, on_bytes_read=self.progress.looked
        ) as table:
            self.progress.say_dialect(table.name, table.dialect)
            yield table

    def _block_writer(
        self, table: TableReader, name: str | None
    ) -> tuple[OutputDialect, BlockWriter]:
        results = result_columns(table.columns, self.options.prefix)
        output_dialect = choose_output_dialect(
            name,
            table.dialect,
            given=self.options.output_format,
            escape_formulas=self.options.escape_formulas,
            decimal_comma=self.options.decimal == "comma",
        )
        writer = block_writer(output_dialect, table.columns, results, table.schema)
        return output_dialect, writer

    def _text_column(self, table: TableReader) -> str:
        return choose_text_column(
            table.columns,
            self.options.text_column,
            self.progress.say,
            table.schema,
            headed=table.dialect.format == "csv" and table.dialect.header,
            rows=table,
        )

    def _check_report(
        self, table: TableReader, source: str | BinaryIO, *outputs: Path
    ) -> None:
        if self.report is not None:
            self.report.check(table.columns, source, *outputs)

    def _write_report(self, table: TableReader, column: str, tally: Tally) -> None:
        if self.report is not None:
            # Not the folder: the page is meant to be shared.
            name = Path(table.name).name
            subject = ReportSubject(name, column, self.predictor.version)
            self.report.write(subject, tally)

    def _scored(
        self, blocks: Iterator[Block]
    ) -> "closing[Generator[tuple[Block, Results]]]":
        if self.workers > 1:
            # Closed, so that workers end after a failure here.
            return closing(
                score_blocks_with_workers(
                    self.model, blocks, self.workers, self.predictor.precision
                )
            )
        return closing(score_blocks(self.predictor, blocks))

    def _resumed(
        self, partial: PartialOutput, identity: dict[str, Any]
    ) -> JournalState | None:
        """Return what an earlier run noted, if it was of the same input and options.

        From here on the model reads in the precision that it read in there.
        """
        state = partial.marked()
        if state is None:
            self.progress.say(_nothing_begun(partial.output))
            return None
        self.predictor = resumed(self.predictor, state.identity, identity)
        return state

    def _report_replaced(self, partial: PartialOutput) -> None:
        """Report that an earlier run's unfinished output, if any, is replaced."""
        try:
            state = partial.marked()
        except DataError:
            return
        if state is not None and not partial.is_finished(state):
            rows = counted(state.tally.rows, "row")
            self.progress.say(f"an unfinished output of {rows} is replaced")

    def _cleared_away(self, partial: PartialOutput, state: JournalState) -> Tally:
        """Finish the cleanup of a run whose output is whole; return its counts."""
        self.progress.say("the output is whole already")
        self.progress.start(None, state.tally)
        partial.discard()
        return state.tally

    def _identity(self, source: str | BinaryIO) -> dict[str, Any]:
        """Return what must be equal for a run to resume another's output."""
        seen = None
        if _can_be_read_again(source):
            self.progress.look(f"summing up {source}", _size(source))
            seen = sha256_of(Path(source), self.progress.looked)
        return identity_of(
            self.predictor,
            self.model,
            self.options,
            release=[sentiment.__version__, cutting.MAX_ROWS, cutting.MAX_CHARACTERS],
            input=seen,
        )


def _can_be_read_again(source: str | BinaryIO) -> TypeGuard[str]:
    """Say whether it is a file; a pipe, even one with a path, gives its rows once."""
    return isinstance(source, str) and Path(source).is_file()


def _nothing_begun(output: Path) -> str:
    """Say what a resume does instead; ``output`` may be that of a finished run."""
    if output.exists():
        return (
            f"nothing is unfinished, and {output.name} is there: it is made anew, "
            "and stays as it is until then"
        )
    return "nothing was begun: starting at row 1"


def _size(source: str | BinaryIO) -> int | None:
    return Path(source).stat().st_size if _can_be_read_again(source) else None
