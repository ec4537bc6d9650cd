"""The options of a scoring: how a table is read, and how results are written."""

from dataclasses import dataclass

from sentiment.tables import DialectOptions


@dataclass(frozen=True, kw_only=True)
class ScoreOptions(DialectOptions):
    """How a table is read and its results are named and written; None: detected."""

    text_column: str | None = None
    prefix: str = ""
    output_format: str | None = None
    escape_formulas: bool = False
