"""Cut a table into blocks that depend on its rows alone.

A block is scored as a whole, so that any number of workers, and a run that was resumed,
form the same batches and give the same digits.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sentiment.errors import TextError
from sentiment.tables import Row

MAX_ROWS = 2_048
# Characters of all columns, since all stay in memory until the block is written.
MAX_CHARACTERS = 2_000_000

MISSING_TEXT = TextError("missing_text", "the text is missing")


@dataclass(slots=True)
class Block:
    """Some rows in their order, and for each its text or why it has none."""

    rows: list[Row] = field(default_factory=list)
    texts: list[str | None] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    characters: int = 0

    def add(self, row: Row, text_column: str) -> None:
        """Take in a row."""
        text = usable_text(row.get(text_column))
        unusable = "" if isinstance(text, str) else text.message
        error = _damage(row, text_column) or unusable
        self.rows.append(row)
        self.texts.append(text if isinstance(text, str) and not error else None)
        self.errors.append(error)
        self.characters += _characters(row)

    @property
    def is_full(self) -> bool:
        """Whether the next row begins another block."""
        return len(self.rows) >= MAX_ROWS or self.characters >= MAX_CHARACTERS


def cut_blocks(rows: Iterable[Row], text_column: str) -> Iterator[Block]:
    """Yield the rows in blocks of at most ``MAX_ROWS``, fewer where rows are long."""
    block = Block()
    for row in rows:
        block.add(row, text_column)
        if block.is_full:
            yield block
            block = Block()
    if block.rows:
        yield block


def usable_text(value: Any) -> str | TextError:
    """Return a cell's value as a text, or why it is none.

    Bytes, as which some programs write texts into Parquet, are decoded.

    >>> usable_text(b"good")
    'good'
    >>> usable_text(4711).message
    'the text is not a string but int'
    """
    if isinstance(value, str):
        return value
    if value is None:
        return MISSING_TEXT
    if not isinstance(value, bytes):
        kind = type(value).__name__
        return TextError("no_text", f"the text is not a string but {kind}")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return TextError("no_text", "the text is bytes that are not UTF-8")


def _characters(row: Row) -> int:
    if row.raw is not None:
        return len(row.raw)
    try:
        return sum(map(len, row.values))  # of CSV all are texts
    except TypeError:
        texts = [value for value in row.values if isinstance(value, str | bytes)]
        return sum(map(len, texts))


def _damage(row: Row, text_column: str) -> str | None:
    # Unquoted commas are the most common flaw of CSV made by hand. In the last column
    # they lose nothing: the surplus cells are joined to the text again.
    if row.surplus and row.index.get(text_column) == len(row.values) - 1:
        return None
    return row.error
