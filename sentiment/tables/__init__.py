"""Tables of any format, read as a stream of rows."""

from sentiment.tables.dialect import Dialect
from sentiment.tables.finding import DialectOptions
from sentiment.tables.reading import TableReader, open_table
from sentiment.tables.rows import Row

__all__ = ["Dialect", "DialectOptions", "Row", "TableReader", "open_table"]
