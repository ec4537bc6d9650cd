"""What is wrong with a request, in plain words instead of pydantic's."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from sentiment.wording import nearest
from service.http.problems import InvalidRequestError
from service.http.request_models import TextItem

# Byte order marks, with which Windows programs begin a file.
_MARKS = (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)

# A client's own word that a message quotes is cut to this many characters.
QUOTED = 40

# Messages for people, by pydantic's names of the errors.
_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "string_type": "must be a string",
    "list_type": "must be an array",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "string_too_long": "has more than {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
}


def invalid_request(
    error: ValidationError, model: type[BaseModel]
) -> InvalidRequestError:
    """Return an error with the most telling of pydantic's complaints as its message."""
    complaints = error.errors(include_url=False)
    first = _most_telling(complaints)
    if first["type"] == "extra_forbidden":
        return InvalidRequestError(_unknown_key(first, model))
    if first["type"] in ("model_type", "dict_type"):
        if not first["loc"]:
            return InvalidRequestError("the body must be a JSON object")
        return InvalidRequestError(
            f'{_where(first)} must be a string, or an object {{"id", "text"}}'
        )
    return InvalidRequestError(f"{_where(first)} {_message(first)}")


def _most_telling(complaints: Sequence[Any]) -> Any:
    """Return the complaint that fits what the client meant.

    pydantic refuses an entry of ``texts`` once as a string and once as an object: a
    fault inside an object says more than that it is not a string. Where a key is
    missing, an unknown one may be a misspelling of it.
    """
    first = complaints[0]
    if first["type"] == "missing":
        objects = [first, *complaints]
    else:
        same = [entry for entry in complaints if entry["loc"][:2] == first["loc"][:2]]
        objects = [entry for entry in same if "TextItem" in entry["loc"]] or [first]
    misspelt = [entry for entry in objects if entry["type"] == "extra_forbidden"]
    return (misspelt or objects)[0]


def _where(complaint: Any) -> str:
    """Write a place as the client would: ``texts[3].id``."""
    where = ""
    for step in complaint["loc"]:
        if isinstance(step, int):
            where += f"[{step}]"
        elif step not in ("str", "TextItem") and "constrained-" not in step:
            where += f".{step}" if where else step
    return where


def _message(complaint: Any) -> str:
    if "id" in complaint["loc"] and complaint["type"] != "missing":
        return "must be a string of at most 256 characters, or a whole number to 2^53"
    words = _WORDS.get(complaint["type"])
    if words is None:
        return f"is not valid: {complaint['msg']}"
    return words.format(**complaint.get("ctx", {}))


def json_complaint(complaint: Any, body: bytes) -> str:
    """Return why ``body`` is not valid JSON, given pydantic's complaint of it."""
    if not body.strip():
        return "the body is empty: send a JSON object"
    if body.startswith(_MARKS) or b"\0" in body[:2]:
        return (
            "the body is not valid JSON: it is not in plain UTF-8; save it "
            "so, without a byte order mark"
        )
    # The parser's message names a kind of error and a place, never the text.
    reason = re.sub(r"^Invalid JSON: ", "", str(complaint["msg"]))
    return f"the body is not valid JSON: {reason}"


def _unknown_key(complaint: Any, model: type[BaseModel]) -> str:
    *inside, name = map(str, complaint["loc"])
    known = TextItem if "TextItem" in inside else model
    hint = nearest(name[:QUOTED], known.model_fields)
    return f"there is no {quoted(name)} here: {hint}"


def quoted(name: str) -> str:
    """Return a client's own word in quotes, cut if it is long."""
    short = name if len(name) <= QUOTED else name[:QUOTED] + "..."
    return repr(short)
