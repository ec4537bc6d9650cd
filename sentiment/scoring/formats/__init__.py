"""Write rows with their results, a block at a time, in the format that is wanted."""

from sentiment.scoring.formats.choice import (
    BlockWriter,
    OutputDialect,
    block_writer,
    choose_output_dialect,
    require_distinct,
)
from sentiment.scoring.formats.parquet import ParquetBlockWriter

__all__ = [
    "BlockWriter",
    "OutputDialect",
    "ParquetBlockWriter",
    "block_writer",
    "choose_output_dialect",
    "require_distinct",
]
