"""Write rows with their results, a block at a time, in the format that is wanted."""

from sentiment.scoring.formats.choice import (
    BlockFormat,
    Output,
    block_format,
    choose_output,
    require_distinct,
)
from sentiment.scoring.formats.parquet import ParquetFormat

__all__ = [
    "BlockFormat",
    "Output",
    "ParquetFormat",
    "block_format",
    "choose_output",
    "require_distinct",
]
