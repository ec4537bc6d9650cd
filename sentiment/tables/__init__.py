"""Tables of any format, read as a stream of rows."""

from sentiment.tables.dialect import Dialect
from sentiment.tables.finding import Said
from sentiment.tables.reading import TableReader, open_table
from sentiment.tables.rows import Row

__all__ = ["Dialect", "Row", "Said", "TableReader", "open_table"]
