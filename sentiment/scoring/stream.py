"""Score a CSV stream to a CSV stream, for HTTP."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from sentiment.errors import DataError
from sentiment.prediction.predictor import Predictor
from sentiment.scoring.blocks import Block, cut_blocks
from sentiment.scoring.columns import choose_text_column, result_columns
from sentiment.scoring.formats import BlockWriter, block_writer, choose_output_dialect
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.results import Results
from sentiment.scoring.score_blocks import score_blocks
from sentiment.scoring.scorer import OnAnswers
from sentiment.tables import Dialect, TableReader, open_table
from sentiment.wording import counted


class ScoredStream(Iterator[bytes]):
    """A scored CSV, a piece at a time; ``delimiter`` stands between its cells."""

    def __init__(self, pieces: Iterator[bytes], delimiter: str) -> None:
        self.delimiter = delimiter
        self._pieces = pieces

    def __next__(self) -> bytes:
        """Return the next piece: some rows, the header before the first of them."""
        return next(self._pieces)


def score_csv_stream(
    predictor: Predictor,
    body: BinaryIO,
    options: ScoreOptions,
    on_answers: OnAnswers | None = None,
) -> ScoredStream:
    """Return the scored CSV of ``body``, which can be sought.

    It is read as CSV whatever ``options`` say of its format.

    What is wrong with the table as a whole is raised before the first piece; a row that
    cannot be scored has its ``error`` in the output. ``on_answers`` is called with each
    piece's answers, in arrays, before the piece is returned.

    Raises:
        DataError: ``body`` cannot be read as CSV, lacks the column of the texts,
            or has a column named like a result.
    """
    table = open_table(body, replace(options, format="csv"), name="the body")
    if table.dialect.gzipped:
        # Gzip can expand without limit: the caller's bound on the size would not hold.
        raise DataError("the body is gzipped: send plain CSV")
    # Messages go over the network and into logs.
    try:
        column = choose_text_column(table.columns, options.text_column, discreet=True)
    except DataError as error:
        raise _below_a_title(error, table.dialect) from error
    results = result_columns(table.columns, options.prefix)
    output_dialect = choose_output_dialect(
        None,
        table.dialect,
        escape_formulas=options.escape_formulas,
        decimal_comma=options.decimal == "comma",
    )
    writer = block_writer(output_dialect, table.columns, results)
    blocks = score_blocks(predictor, cut_blocks(table, column), on_answers)
    return ScoredStream(_pieces(table, blocks, writer), output_dialect.delimiter)


def _below_a_title(error: DataError, dialect: Dialect) -> DataError:
    """Return the error, with the way out where the header seems to stand further down.

    Only numbers are named: the lines may be texts.
    """
    if not dialect.title_lines:
        return error
    above = dialect.skip_lines + dialect.title_lines
    return DataError(
        f"{error}. Line {above + 1:,} looks like the header: skip the "
        f"{counted(above, 'line')} above it",
        option="skip_lines",
    )


def _pieces(
    table: TableReader, scored: Iterable[tuple[Block, Results]], writer: BlockWriter
) -> Iterator[bytes]:
    with table:
        # The header is sent with the first block, so that an early failure precedes any
        # byte.
        piece = writer.header()
        for block, results in scored:
            yield piece + writer.block(block.rows, results)
            piece = b""
        if piece:
            yield piece
