"""Tables as bytes and as rows, and a stream that cannot go back."""

import csv
import io
from pathlib import Path
from typing import Any

from sentiment.tables import DialectOptions, open_table


def rows_of(
    content: bytes | Path | io.BufferedIOBase, **dialect: str
) -> list[list[object]]:
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    with open_table(source, DialectOptions(**dialect)) as table:
        return [list(row.values) for row in table]


def as_csv(rows: list[list[str]], delimiter: str = ",", **dialect: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, **dialect).writerows(rows)
    return text.getvalue().encode()


class Pipe(io.RawIOBase):
    """A stream that gives a few bytes at a time and cannot go back."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        chunk = self._content.read(min(7, len(buffer)))
        buffer[: len(chunk)] = chunk
        return len(chunk)
