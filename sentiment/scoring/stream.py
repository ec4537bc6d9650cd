"""Score a CSV stream to a CSV stream, for HTTP."""

import itertools
from collections.abc import Iterator
from typing import BinaryIO

from sentiment.predictor import Predictor
from sentiment.scoring.blocks import cut_blocks
from sentiment.scoring.columns import choose_text_column, result_columns
from sentiment.scoring.engine import score_blocks
from sentiment.scoring.formats import CsvFormat
from sentiment.tables import open_table


def score_csv_stream(
    predictor: Predictor,
    body: BinaryIO,
    *,
    text_column: str | None,
    prefix: str = "",
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Iterator[bytes]:
    """Return the scored CSV of ``body``, a piece at a time.

    What is wrong with the table as a whole is raised before the first piece; a row that
    cannot be scored has its ``error`` in the output.

    Raises:
        DataError: ``body`` is no CSV that can be read, lacks the column of the texts,
            or has a column named like a result.
    """
    table = open_table(
        body, encoding=encoding, delimiter=delimiter, format="csv", name="the body"
    )
    column = choose_text_column(table.columns, text_column)
    names = result_columns(table.columns, prefix)
    form = CsvFormat(table.columns, names, delimiter=table.dialect.delimiter)
    pieces = (
        form.block(block.rows, results)
        for block, results in score_blocks(predictor, cut_blocks(table, column))
    )
    return itertools.chain([form.header()], pieces)
