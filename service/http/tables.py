"""What the Content-Type says of a table, where the query says nothing of it."""

from dataclasses import replace

from flask import Request

from sentiment.errors import DataError
from sentiment.scoring.options import ScoreOptions
from sentiment.tables.encodings import check_encoding
from service.http.schemas import QUOTED, CsvRequest

CSV, TSV = "text/csv", "text/tab-separated-values"

# What says no more than can be found in the file. Many clients write UTF-8 beside
# whatever they send: taken at its word, a file of cp1252 would have an error in each
# row with an accent, where it is read well. A file that is UTF-8 is found to be, and a
# byte order mark or a few bad bytes in it come out as with ?encoding=utf-8. ASCII is
# a part of UTF-8, and what old programs write beside any text.
_SAYS_NOTHING = frozenset({"utf-8", "ascii"})


def options_of(asked: CsvRequest, request: Request) -> ScoreOptions:
    """Return how the table in ``request`` is read and its results are written.

    Raises:
        DataError: There is no such charset.
    """
    options = ScoreOptions(**asked.model_dump())
    if options.delimiter is None and request.mimetype == TSV:
        options = replace(options, delimiter="\t")
    if options.encoding is None:
        charset = request.mimetype_params.get("charset", "")
        options = replace(options, encoding=_said(charset))
    return options


def _said(charset: str) -> str | None:
    """Return the encoding that ``charset`` means, None where it is to be found."""
    if not charset:
        return None
    try:
        encoding = check_encoding(charset[:QUOTED])
    except DataError as error:
        raise DataError(f"{error} (the charset of the Content-Type)") from error
    return None if encoding in _SAYS_NOTHING else encoding
