"""``POST /predict/csv``: a file in, the same rows with the results streamed out."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import BinaryIO

from flask import Response, request

from sentiment.errors import DataError
from sentiment.prediction.answers import Answers
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.stream import score_csv_stream
from sentiment.tables.encodings import check_encoding
from sentiment.tables.sources import CHUNK, GZIP_MAGIC
from service.endpoints.check_in import check_in
from service.http.bodies import require_type, spool_body, spool_to_disk
from service.http.complaints import QUOTED
from service.http.deadlines import Deadline
from service.http.parsing import parse_csv_query
from service.http.problems import DeadlineError, WrongTypeError
from service.http.request_models import CsvRequest
from service.observability.accounts import Account
from service.state import Service, the_account, the_service

_CSV, _TSV = "text/csv", "text/tab-separated-values"
_TYPES = frozenset({_CSV, _TSV})

# Charsets that say no more than can be found in the file. Many clients write UTF-8
# beside whatever they send: taken at its word, a file of cp1252 would have an error in
# each row with an accent, where it is read well. A file that is UTF-8 is found to be,
# and a byte order mark or a few bad bytes in it come out as with ?encoding=utf-8. ASCII
# is a part of UTF-8, and what old programs write beside any text.
_SAYS_NOTHING = frozenset({"utf-8", "ascii"})

log = logging.getLogger(__name__)


class BrokenStreamError(Exception):
    """A streamed answer failed midway: the server must break the connection off."""


def predict_csv() -> Response:
    """Answer each row; a fault of the whole file is reported before the first."""
    service, account = the_service(), the_account()
    settings = service.settings
    deadline = check_in(service, settings.csv_deadline_seconds)
    require_type(request, _TYPES)
    asked = parse_csv_query(request.args.items(multi=True))
    options = _options_of(asked)
    with ExitStack() as stack:
        stack.enter_context(service.file_admission.admit(1))
        body = stack.enter_context(
            spool_body(request, settings.max_csv_bytes, deadline, service.body_watch)
        )
        _refuse_packed(body)
        if options.header:
            _refuse_unbroken(body)
        # Taken once: this model scores the whole file, even if another takes over.
        predictor = service.model.predictor
        account.model = predictor.version
        count = partial(_count, service, account)
        scored = score_csv_stream(predictor, body, options, count)
        rows = _begun(_paced(scored, service, deadline))
        if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
            rows = _whole(rows, stack)
        kind = _TSV if scored.delimiter == "\t" else _CSV
        response = Response(
            _guarded(rows, service, account),
            content_type=f"{kind}; charset=utf-8",
            headers={"Cache-Control": "no-store"},
        )
        account.streamed = True
        # From here on the file is closed with the answer.
        response.call_on_close(stack.pop_all().close)
    return response


def _options_of(asked: CsvRequest) -> ScoreOptions:
    """Return how the file is read and its results are written.

    The Content-Type says what the query leaves open.

    Raises:
        DataError: There is no such charset.
    """
    options = ScoreOptions(**asked.model_dump())
    if options.delimiter is None and request.mimetype == _TSV:
        options = replace(options, delimiter="\t")
    if options.encoding is None:
        charset = request.mimetype_params.get("charset", "")
        options = replace(options, encoding=_declared(charset))
    return options


def _declared(charset: str) -> str | None:
    """Return the encoding that ``charset`` means, None where it is to be found."""
    if not charset:
        return None
    try:
        encoding = check_encoding(charset[:QUOTED])
    except DataError as error:
        raise DataError(f"{error} (the charset of the Content-Type)") from error
    return None if encoding in _SAYS_NOTHING else encoding


def _refuse_packed(body: BinaryIO) -> None:
    """Raise WrongTypeError for gzip, whose unpacked size could not be limited here."""
    packed = body.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    body.seek(0)
    if packed:
        raise WrongTypeError("the body is gzip: send the CSV itself, unpacked")


def _refuse_unbroken(body: BinaryIO) -> None:
    """Refuse a body without any line break: it has a header and no rows.

    Most likely it had some: `curl -d` takes the line breaks of a file out.

    Raises:
        DataError: It is such a body; an empty one is left to the reader.
    """
    chunks = iter(lambda: body.read(CHUNK), b"")
    is_empty, is_broken = True, False
    for chunk in chunks:
        is_empty = False
        if b"\n" in chunk or b"\r" in chunk:
            is_broken = True
            break
    body.seek(0)
    if not is_empty and not is_broken:
        raise DataError(
            "the body is one line without a line break, so that no row follows the "
            "header: with curl, send the file with --data-binary @FILE, as -d takes "
            "the line breaks out"
        )


def _count(service: Service, account: Account, answers: Answers) -> None:
    """Count a block's answers as those of /predict are counted, and for the log."""
    service.metrics.texts.count_block(str(account.model), answers)
    account.texts = (account.texts or 0) + len(answers.tokens_read)
    account.tokens = (account.tokens or 0) + int(answers.tokens_read.sum())


def _paced(
    pieces: Iterator[bytes], service: Service, deadline: Deadline
) -> Iterator[bytes]:
    """Compute each piece when no other long computation is under way."""
    while True:
        with service.batcher.exclusive(deadline):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Compute the first piece now, while a status can still be chosen.

    It holds the header and the first rows. One is enough: what is wrong with the whole
    file shows by then, and the client waits for its first byte.
    """
    return chain(list(islice(pieces, 1)), pieces)


def _whole(pieces: Iterable[bytes], stack: ExitStack) -> Iterator[bytes]:
    """Compute all pieces before the first is sent.

    HTTP/1.0 ends an answer by closing the connection, so its client could not tell a
    broken answer from a whole one.
    """
    answer = stack.enter_context(spool_to_disk(pieces))
    return iter(lambda: answer.read(64 * 1024), b"")


def _guarded(
    pieces: Iterable[bytes], service: Service, account: Account
) -> Iterator[bytes]:
    """Pass the pieces on; after an error, break the answer off visibly."""
    try:
        yield from pieces
    except Exception as error:  # noqa: BLE001  after any error, break off
        account.broken = True
        account.code = (
            "deadline_exceeded" if isinstance(error, DeadlineError) else "broken_stream"
        )
        service.metrics.count_broken_stream()
        log.error(
            "a CSV answer broke off: %s",
            type(error).__name__,
            extra={"fields": {"request_id": account.request_id}},
        )
        raise BrokenStreamError from None
    except GeneratorExit:
        # The client went away.
        account.broken = True
        raise
