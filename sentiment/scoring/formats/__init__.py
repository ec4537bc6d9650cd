"""Write rows with their results, a block at a time, in the format that is wanted."""

from sentiment.scoring.formats.choice import (
    BlockFormat,
    Output,
    block_format,
    choose_output,
    require_distinct,
)
from sentiment.scoring.formats.delimited import CsvFormat, UnquotedFormat
from sentiment.scoring.formats.json_lines import JsonLinesFormat
from sentiment.scoring.formats.parquet import ParquetFormat

__all__ = [
    "BlockFormat",
    "CsvFormat",
    "JsonLinesFormat",
    "Output",
    "ParquetFormat",
    "UnquotedFormat",
    "block_format",
    "choose_output",
    "require_distinct",
]
