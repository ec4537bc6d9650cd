"""Refuse what gunicorn's parser could not read as HTTP, in the service's format."""

import logging
import socket
from collections.abc import Callable

from gunicorn import util
from gunicorn.http import errors as http_errors

from service.http.headers import guarded_head
from service.http.problems import (
    BUG,
    BUG_DETAIL,
    HTTP_REFUSALS,
    PROBLEM_HEADERS,
    problem,
)
from service.http.request_ids import HEADER, request_id

_STATUS: dict[type[Exception], int] = {
    http_errors.LimitRequestLine: 414,
    http_errors.LimitRequestHeaders: 431,
    http_errors.ExpectationFailed: 417,
    http_errors.ForbiddenProxyRequest: 403,
    http_errors.UnsupportedTransferCoding: 501,
}

log = logging.getLogger(__name__)


def refuse_malformed(
    client: socket.socket, error: Exception, count: Callable[[int], None]
) -> None:
    """Answer ``client``, whose request raised ``error``, and log none of its content.

    ``count`` is called with the status.

    gunicorn would answer in HTML and log the line that it could not read: what looks
    like a broken request line may be a part of a text.
    """
    status, identity = _status(error), request_id(None)
    if status is None:
        status, code, detail = *BUG, BUG_DETAIL
    else:
        code, detail = HTTP_REFUSALS[status]
    body = problem(status, code, detail, identity)
    headers = {
        "Connection": "close",
        **PROBLEM_HEADERS,
        "Content-Length": len(body),
        HEADER: identity,
    }
    head = guarded_head(status, headers) + "\r\n"
    log.log(
        logging.ERROR if status == BUG.status else logging.INFO,
        "refused before it was a request: %s",
        type(error).__name__,
        extra={"fields": {"status": status, "code": code, "request_id": identity}},
    )
    count(status)
    try:
        util.write_nonblock(client, head.encode() + body)
    except OSError:
        # The client has gone.
        return


def _status(error: Exception) -> int | None:
    """Return the status for a malformed request, None if the fault is ours."""
    ours = (http_errors.InvalidResponseHeader, http_errors.InvalidResponseHeaderName)
    if isinstance(error, ours):
        return None
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            return status
    return 400 if isinstance(error, http_errors.ParseException) else None
