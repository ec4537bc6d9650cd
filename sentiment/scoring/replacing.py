"""Refuse to replace what is not an earlier result: a slip in a name loses no file."""

import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from sentiment.errors import DataError, SentimentError
from sentiment.scoring.columns import RESULT_COLUMNS
from sentiment.tables import DialectOptions, open_table
from sentiment.tables.finding import looks_like_parquet
from sentiment.tables.sources import GZIP_MAGIC, SAMPLE_BYTES, unzipped_sample


def require_replaceable(output: Path, delimiter: str | None = None) -> None:
    """Refuse an ``output`` that exists and was not written by an earlier scoring.

    An empty file may be replaced, as `mktemp` makes it. ``delimiter`` is what the
    output will have: no rare one would be found in an earlier one.

    Raises:
        DataError: It holds something else.
    """
    try:
        if not output.is_file() or output.stat().st_size == 0:
            return
        if any(map(_are_of_a_result, _readings(output, delimiter))):
            return
    except OSError as error:
        raise DataError(f"cannot read {output}: {error.strerror or error}") from error
    raise DataError(
        f"{output} exists, and is not an earlier result (which has columns such as "
        "sentiment and confidence): name another output, or let this one be replaced",
        option="overwrite",
    )


def _readings(output: Path, delimiter: str | None) -> Iterator[Sequence[str]]:
    """Yield a file's columns, read by what is found and by the delimiter given."""
    with output.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    if looks_like_parquet(sample):
        with suppress(SentimentError), open_table(output) as table:
            yield table.columns
        return
    if sample.startswith(GZIP_MAGIC):
        try:
            sample = unzipped_sample(sample)
        except zlib.error:
            return
    for known in dict.fromkeys([None, delimiter or None]):
        options = DialectOptions(delimiter=known)
        with (
            suppress(SentimentError),
            open_table(io.BytesIO(sample), options, name=output.name) as table,
        ):
            yield table.columns


def _are_of_a_result(columns: Sequence[str]) -> bool:
    """Say whether results are among the columns, under any prefix.

    >>> _are_of_a_result(["text", *(f"m_{name}" for name in RESULT_COLUMNS)])
    True
    >>> _are_of_a_result(["text", "sentiment"])
    False
    """
    first = RESULT_COLUMNS[0]
    prefixes = [name.removesuffix(first) for name in columns if name.endswith(first)]
    known = set(columns)
    return any(
        known.issuperset(prefix + name for name in RESULT_COLUMNS)
        for prefix in prefixes
    )
