"""The one table from what goes wrong to how it is answered (RFC 9457).

Without Flask, since a worker's loop refuses requests in the same words, and gunicorn's
master imports that.
"""

import json
from http import HTTPStatus
from typing import NamedTuple

from sentiment.errors import DataError, FeedbackError, SentimentError, TextError

PROBLEM_TYPE = "application/problem+json"
# Headers of every refusal, and those that status 503 has besides.
PROBLEM_HEADERS = {"Content-Type": PROBLEM_TYPE, "Cache-Control": "no-store"}
RETRY_HEADERS = {"Retry-After": "1"}


class NotJsonError(SentimentError):
    """The body is not JSON."""


class BrokenBodyError(SentimentError):
    """The body ended before its announced end, or its chunks are malformed."""


class KeyRefusedError(SentimentError):
    """The service wants an API key, and none or another was sent."""


class SlowBodyError(SentimentError):
    """The body did not arrive in time."""


class TooLargeError(SentimentError):
    """The body is larger than the limit."""


class WrongTypeError(SentimentError):
    """The body is of a type that this address does not accept."""


class InvalidRequestError(SentimentError):
    """The JSON or the query does not have the form that this address asks for."""


class TooManyTextsError(SentimentError):
    """One request holds more texts than the limit."""


class FeedbackOffError(SentimentError):
    """Corrections are not stored here."""


class OverloadedError(SentimentError):
    """More work waits than the limit."""


class DeadlineError(SentimentError):
    """The deadline has passed.

    ``in_parts``: the request is too large for any deadline, so a retry would fail, too.
    """

    def __init__(self, message: str, *, in_parts: bool = False) -> None:
        super().__init__(message)
        self.in_parts = in_parts


class DrainingError(SentimentError):
    """The worker is about to stop: new clients should go elsewhere."""


class NotReadyError(SentimentError):
    """The worker cannot predict."""


class NoRoomError(SentimentError):
    """There is no disk space for an upload, or no memory for an answer."""


class Refusal(NamedTuple):
    """A status, and the failure's name for programs."""

    status: int
    code: str


REFUSALS: dict[type[Exception], Refusal] = {
    NotJsonError: Refusal(400, "not_json"),
    BrokenBodyError: Refusal(400, "broken_body"),
    KeyRefusedError: Refusal(401, "api_key_required"),
    FeedbackOffError: Refusal(404, "feedback_off"),
    SlowBodyError: Refusal(408, "body_too_slow"),
    TooLargeError: Refusal(413, "body_too_large"),
    WrongTypeError: Refusal(415, "unsupported_media_type"),
    InvalidRequestError: Refusal(422, "invalid_request"),
    TooManyTextsError: Refusal(422, "too_many_texts"),
    DataError: Refusal(422, "invalid_csv"),
    # A text names its own code: empty_text, no_tokens, text_too_long.
    TextError: Refusal(422, "invalid_text"),
    OverloadedError: Refusal(503, "overloaded"),
    DeadlineError: Refusal(503, "deadline_exceeded"),
    DrainingError: Refusal(503, "draining"),
    NotReadyError: Refusal(503, "not_ready"),
    NoRoomError: Refusal(503, "no_room"),
    FeedbackError: Refusal(503, "feedback_unavailable"),
}
BUG = Refusal(500, "internal_error")
BUG_DETAIL = "something went wrong here; it was logged"

# The service's words for what Flask and gunicorn refuse by themselves.
HTTP_REFUSALS = {
    400: ("bad_request", "the request is not valid HTTP"),
    403: ("forbidden", "this request is not accepted here"),
    404: (
        "not_found",
        "there is nothing at this address: / is a page to try it, /openapi.json "
        "lists all addresses",
    ),
    405: ("method_not_allowed", "this address does not support the method"),
    412: ("precondition_failed", "the file is not the one that If-Match names"),
    413: ("body_too_large", "the body is too large"),
    414: ("uri_too_long", "the address is too long"),
    417: ("expectation_failed", "this expectation cannot be met"),
    431: ("headers_too_large", "the headers are too long"),
    501: ("not_implemented", "this transfer coding is not supported"),
}


def problem(status: int, code: str, detail: str, request_id: str) -> bytes:
    """Return the body of a refusal, as RFC 9457 defines it."""
    fields = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
    }
    return json.dumps(fields).encode()


def refusal_of(error: Exception) -> Refusal:
    """Return the refusal that ``error`` is answered with, a bug's if it has none."""
    if isinstance(error, TextError):
        return Refusal(422, error.code)
    for kind in type(error).__mro__:
        if kind in REFUSALS:
            return REFUSALS[kind]
    return BUG
