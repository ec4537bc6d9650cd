"""Parse requests, from the raw bytes of a body or the query of an address."""

import re
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from service.http.complaints import invalid_request, json_complaint, quoted
from service.http.problems import InvalidRequestError, NotJsonError, TooManyTextsError
from service.http.request_models import CsvRequest, FeedbackRequest, PredictRequest

_Request = TypeVar("_Request", bound=BaseModel)

# JSON writes a character beyond U+FFFF as two escapes, a high and a low surrogate.
# Other escapes are matched, too, so that none of their backslashes begins a surrogate.
_ESCAPE = re.compile(
    rb"\\(?:[^u]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)


def parse_predict(body: bytes, max_texts: int) -> PredictRequest:
    """Return the request in ``body``.

    Raises:
        NotJsonError: It is not JSON in UTF-8, or too deeply nested.
        InvalidRequestError: The JSON does not have the form of a request.
        TooManyTextsError: It has more than ``max_texts`` texts.
    """
    asked = _parse(body, PredictRequest)
    given = asked.model_fields_set & {"text", "texts"}
    if len(given) != 1:
        raise InvalidRequestError(
            f"exactly one of 'text' and 'texts' is needed, here are {len(given)}"
        )
    if "texts" in given and not asked.texts:
        raise InvalidRequestError("'texts' is empty: send at least one text")
    if len(asked.texts) > max_texts:
        raise TooManyTextsError(
            f"'texts' has {len(asked.texts):,} entries, at most {max_texts:,} are "
            "taken at once: send them in parts"
        )
    return asked


def parse_feedback(body: bytes) -> FeedbackRequest:
    """Return the correction in ``body``.

    Raises:
        NotJsonError: It is not JSON in UTF-8, or too deeply nested.
        InvalidRequestError: The JSON does not have the form of a request.
    """
    asked = _parse(body, FeedbackRequest)
    if "\0" in asked.text:
        raise InvalidRequestError(
            "text: it holds the character U+0000, which databases do not keep: "
            "leave it out"
        )
    return asked


def parse_csv_query(pairs: Iterable[tuple[str, str]]) -> CsvRequest:
    """Return the query of ``POST /predict/csv``, given as names and values.

    Raises:
        InvalidRequestError: A name is unknown or given more than once, or a value is
            not valid.
    """
    query: dict[str, str] = {}
    for name, value in pairs:
        if name in query:
            raise InvalidRequestError(
                f"{quoted(name)} is in the query more than once: keep one"
            )
        query[name] = value
    try:
        return CsvRequest.model_validate(query)
    except ValidationError as error:
        raise invalid_request(error, CsvRequest) from error


def _parse(body: bytes, model: type[_Request]) -> _Request:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] != "json_invalid":
            raise invalid_request(error, model) from error
        whole = without_halves(body)
        if whole == body:
            raise NotJsonError(json_complaint(first, body)) from error
    # To pydantic half of a character is broken JSON. One in one of many texts is no
    # reason to answer none of them; a text alone is refused.
    asked = _parse(whole, model)
    if not isinstance(asked, PredictRequest) or asked.is_single:
        raise InvalidRequestError(
            "the body holds half of a character, such as \\ud83d alone: a text was cut "
            "inside one"
        )
    _refuse_cut_ids(asked, body)
    return asked


def _refuse_cut_ids(asked: PredictRequest, body: bytes) -> None:
    """Refuse ids that would not come back as they were sent: two could become one."""
    # An id is another one with another character in the place of a half only if it
    # holds a half.
    marked = PredictRequest.model_validate_json(without_halves(body, rb"\ufffe"))
    for position, names in enumerate(zip(asked.names(), marked.names(), strict=True)):
        if names[0] != names[1]:
            raise InvalidRequestError(
                f"texts[{position}].id holds half of a character, such as \\ud83d "
                "alone: it was cut inside one"
            )


def without_halves(body: bytes, instead: bytes = rb"\ufffd") -> bytes:
    r"""Return a JSON text with U+FFFD in the place of each half of a character.

    ``instead`` is another character for that place, as an escape of six bytes.

    No byte moves. JSON's grammar allows halves: a slice in JavaScript leaves them, and
    ``json.dumps`` in Python writes them. But no text of Unicode can hold them, so
    they are read as browsers send them.

    >>> without_halves(rb'"a\ud83d" "\ud83d\ude00" "\\ud83d"')
    b'"a\\ufffd" "\\ud83d\\ude00" "\\\\ud83d"'
    """
    return _ESCAPE.sub(lambda escape: instead if escape["half"] else escape[0], body)
