"""Write results block by block, into a stream or an output that can be resumed."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from sentiment.errors import DataError, ReadError
from sentiment.scoring.blocks import Block
from sentiment.scoring.formats import BlockWriter, OutputDialect
from sentiment.scoring.journal import JournalState
from sentiment.scoring.partial_output import PartialOutput
from sentiment.scoring.report.report import Report
from sentiment.scoring.results import Results, Tally

# Seconds between two syncs to disk, from which --resume can go on. Each takes as long
# as some hundred rows.
_MARK_SECONDS = 2.0


class Sink(ABC):
    """Where results go block by block, counted in ``tally`` and for the report."""

    def __init__(
        self, writer: BlockWriter, output_dialect: OutputDialect, report: Report | None
    ) -> None:
        self.tally = Tally()
        self._writer = writer
        self._pack = output_dialect.pack
        self._report = report

    def take(self, block: Block, results: Results) -> None:
        """Write a block's rows with their results."""
        self._write(self._pack(self._writer.block(block.rows, results)))
        self.tally.add(results)
        if self._report is not None:
            self._report.findings.add(block.rows, block.texts, results)

    @abstractmethod
    def finish(self) -> None:
        """End the output, which is whole."""

    @abstractmethod
    def _write(self, piece: bytes) -> None:
        """Write the next bytes."""

    def _header(self) -> bytes:
        return self._pack(self._writer.header())


class StreamSink(Sink):
    """A stream, such as a pipe, whose reader gets each block at once."""

    def __init__(
        self,
        stream: BinaryIO,
        writer: BlockWriter,
        output_dialect: OutputDialect,
        report: Report | None,
    ) -> None:
        super().__init__(writer, output_dialect, report)
        self._stream = stream
        # Sent with the first rows: an early failure then leaves nothing in the pipe.
        self._stream.write(self._header())

    def finish(self) -> None:
        """Send what waits yet: the header, where there was no row."""
        self._stream.flush()

    def _write(self, piece: bytes) -> None:
        self._stream.write(piece)
        self._stream.flush()


class ResumableSink(Sink):
    """One output under way: what is written, and how much of it is on disk."""

    def __init__(
        self,
        partial: PartialOutput,
        writer: BlockWriter,
        output_dialect: OutputDialect,
        identity: dict[str, Any],
        report: Report | None,
    ) -> None:
        super().__init__(writer, output_dialect, report)
        self.blocks = 0
        self._partial = partial
        self._identity = identity
        self._marked = time.monotonic()

    def begin(self, state: JournalState | None) -> None:
        """Start anew, or behind what ``state`` says is safe."""
        if state is None:
            # The header first: if it is refused, no file is left.
            header = self._header()
            self._partial.begin()
            self._partial.append(header)
        else:
            if self._report is not None:
                self._report.take(state.report)
            self.tally.merge(state.tally)
            self.blocks = state.blocks
            self._partial.go_on(state.position)
        self._mark()

    def take(self, block: Block, results: Results) -> None:
        """Write a block, and make it safe if the last time was a while ago."""
        super().take(block, results)
        self.blocks += 1
        if time.monotonic() - self._marked >= _MARK_SECONDS:
            self._mark()

    @contextmanager
    def kept(self, resumable: bool) -> Iterator[None]:
        """On an error inside, discard what is done if the run cannot be resumed.

        It cannot if the input is faulty: the corrected file is another input.
        """
        try:
            yield
        except BaseException as error:
            at_fault = isinstance(error, DataError) and not isinstance(error, ReadError)
            if at_fault or not resumable:
                with suppress(OSError):
                    self._partial.discard()
            raise

    def finish(self) -> None:
        """Put the output under its name."""
        # Should the power go between the output and the journal's end, it says so.
        self._mark(finished=True)
        self._partial.finish(self._writer.assemble)

    def _write(self, piece: bytes) -> None:
        self._partial.append(piece)

    def _mark(self, *, finished: bool = False) -> None:
        """Make sure that a later run can go on from here."""
        self._partial.mark(
            JournalState(
                identity=self._identity,
                tally=self.tally,
                report=self._report.findings.to_json() if self._report else None,
                blocks=self.blocks,
                position=self._partial.position(),
                finished=finished,
            )
        )
        self._marked = time.monotonic()
