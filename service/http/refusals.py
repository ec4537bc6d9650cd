"""Turn what a view raises into an answer, and log it if it is a bug."""

import logging
import traceback
from http import HTTPStatus

from flask import Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from sentiment.out_of_memory import lacks_memory
from service.http.problems import (
    BUG,
    BUG_DETAIL,
    HTTP_REFUSALS,
    PROBLEM_HEADERS,
    RETRY_HEADERS,
    DeadlineError,
    NoRoomError,
    Refusal,
    problem,
    refusal_of,
)

log = logging.getLogger(__name__)


def refuse(error: Exception) -> Response:
    """Answer ``error``: the one handler of whatever a view raises."""
    if isinstance(error, HTTPException):
        return _http_refusal(error)
    if lacks_memory(error):
        log.error("no memory for a request: %s", type(error).__name__)
        error = NoRoomError("there is no memory for this now; try again later")
    refusal = refusal_of(error)
    if refusal is BUG:
        _log_bug(error)
        return _response(BUG, BUG_DETAIL)
    response = _response(refusal, str(error) + _parameter_at_fault(error))
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, DeadlineError) and error.in_parts:
        del response.headers["Retry-After"]
    return response


def _parameter_at_fault(error: Exception) -> str:
    """Name the query parameter at fault; the library's option has the same name."""
    option = getattr(error, "option", None)
    return f" (the query's {option})" if option else ""


def _http_refusal(error: HTTPException) -> Response:
    status = error.code or 500
    code, detail = HTTP_REFUSALS.get(status, ("refused", HTTPStatus(status).phrase))
    if isinstance(error, MethodNotAllowed):
        detail += _methods_to_use(error)
    response = _response(Refusal(status, code), detail)
    # Of Flask's own headers only this one helps a client: the methods, after 405.
    for name, value in error.get_headers(request.environ):
        if name == "Allow":
            response.headers[name] = value
    return response


def _methods_to_use(error: MethodNotAllowed) -> str:
    """Name the methods to use, but for HEAD and OPTIONS, which go without saying."""
    methods = sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"})
    return f": use {' or '.join(methods)}" if methods else ""


def _response(refusal: Refusal, detail: str) -> Response:
    g.account.code = refusal.code
    body = problem(refusal.status, refusal.code, detail, g.account.request_id)
    response = Response(body, refusal.status, headers=PROBLEM_HEADERS)
    if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers.update(RETRY_HEADERS)
    return response


def _log_bug(error: BaseException) -> None:
    # Where it happened, without the error's own words: they may quote a text.
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error(
        "a bug: %s\n%s",
        type(error).__name__,
        frames,
        extra={"fields": {"request_id": g.account.request_id}},
    )
