"""Cut a table into blocks that depend on its rows alone.

A block is scored as a whole, so that any number of workers, and a run that was resumed,
form the same batches and give the same digits.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sentiment.tables import Row

MAX_ROWS = 2_048
# Characters of all columns, since all stay in memory until the block is written.
MAX_CHARACTERS = 2_000_000


@dataclass(slots=True)
class Block:
    """Some rows in their order, and for each its text or why it has none."""

    rows: list[Row] = field(default_factory=list)
    texts: list[str | None] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    characters: int = 0

    def add(self, row: Row, text_column: str) -> None:
        """Take in a row."""
        text = row.get(text_column)
        if isinstance(text, bytes):
            text = _decoded(text)
        error = _damage(row, text_column) or _unusable(text)
        self.rows.append(row)
        self.texts.append(None if error else text)
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


def _decoded(text: bytes) -> str | bytes:
    """Return bytes, as some programs write texts into Parquet, decoded."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text


def _unusable(text: Any) -> str:
    if text is None:
        return "the text is missing"
    if isinstance(text, bytes):
        return "the text is bytes that are not UTF-8"
    if not isinstance(text, str):
        return f"the text is no string but {type(text).__name__}"
    return ""
