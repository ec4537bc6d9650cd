"""The options of a scoring: how a table is read, and how results are written."""

from dataclasses import dataclass
from typing import Literal

from sentiment.tables import DialectOptions

# What stands before the decimals of a number in CSV.
Decimal = Literal["point", "comma"]


@dataclass(frozen=True, kw_only=True)
class ScoreOptions(DialectOptions):
    """How a table is read and its results are named and written; None: detected."""

    text_column: str | None = None
    prefix: str = ""
    output_format: str | None = None
    escape_formulas: bool = False
    decimal: Decimal = "point"
