"""Requests: their models, validated from raw bytes, and refusals in plain words."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
)

from sentiment.wording import nearest
from service.http import request_ids
from service.http.answer_models import Label
from service.http.problems import InvalidRequestError, NotJsonError, TooManyTextsError
from service.http.surrogates import without_halves

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


def _whole(value: object) -> object:
    """JSON has one kind of number: 3.0 is as whole as 3."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


# The id a client may give a text: it comes back as it was sent.
_WholeNumber = Annotated[int, Field(ge=-(2**53), le=2**53), BeforeValidator(_whole)]
_Id = Annotated[str, Field(max_length=256)] | _WholeNumber

# Byte order marks, with which Windows programs begin a file.
_MARKS = (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)

_Request = TypeVar("_Request", bound=BaseModel)

# A client's own word that a message quotes is cut to this many characters.
QUOTED = 40

# Messages for people, by pydantic's names of the errors.
_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
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


class TextItem(BaseModel):
    """A text with an id of the client's."""

    model_config = _STRICT

    id: _Id = Field(description="Comes back beside the text's answer.")
    text: str


class PredictRequest(BaseModel):
    """One text or several, and what to answer for each.

    Half of a character (a lone surrogate), which JSON allows, is read as U+FFFD in one
    of several ``texts``; in an ``id``, and in a ``text`` alone, it is refused.
    """

    model_config = _STRICT

    text: str = Field("", description="One text.", examples=["I love it."])
    # Failing at the first wrong entry: a body of a million of them took 14 s to refuse.
    texts: Annotated[list[str | TextItem], FailFast()] = Field(
        [], description="Several texts, plain or each with an id; instead of `text`."
    )
    explain: bool = Field(
        False, description="Add each token's contribution and the state after it."
    )
    sentences: bool = Field(False, description="Add each sentence, scored on its own.")
    min_confidence: float = Field(
        0.0, ge=0, le=1, description='Below it the label is "uncertain".'
    )

    @property
    def is_single(self) -> bool:
        """Whether one text was sent, to be answered or refused as a whole."""
        return "text" in self.model_fields_set

    @property
    def is_detailed(self) -> bool:
        """Whether more than the label is asked for each text."""
        return self.explain or self.sentences

    def plain_texts(self) -> Sequence[str]:
        """Return the texts without their ids, in their order."""
        if self.is_single:
            return [self.text]
        return [item if isinstance(item, str) else item.text for item in self.texts]

    def names(self) -> Sequence[dict[str, str | int]]:
        """Return what begins the answer to each of ``texts``: its id, if any."""
        return [{} if isinstance(item, str) else {"id": item.id} for item in self.texts]


class FeedbackRequest(BaseModel):
    """A text, and the label that it should have had."""

    model_config = _STRICT

    text: str = Field(description="The text that was judged.", examples=["I love it."])
    label: Label = Field(description="What it should have been.")
    request_id: str | None = Field(
        None,
        pattern=f"^{request_ids.PATTERN}$",
        description="The `request_id` of the answer that was wrong.",
    )


class CsvRequest(BaseModel):
    """The query of ``POST /predict/csv``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text_column: str | None = Field(
        None, description="The column to score: `text`, or the only one, if not named."
    )
    prefix: str = Field(
        "", max_length=64, description="Put before the names of the result columns."
    )
    delimiter: str | None = Field(
        None,
        min_length=1,
        max_length=16,
        description="A character, or its name such as `tab`. If not given, a tab for "
        "text/tab-separated-values, else found in the file.",
    )
    quoting: bool | None = Field(
        None,
        description="Whether cells may stand in quotes; `false`: a quote is a "
        "character like others. If not given, found for tabs, else `true`.",
    )
    encoding: str | None = Field(
        None,
        max_length=32,
        pattern="^[A-Za-z0-9_-]+$",
        description="If not given, the charset of the Content-Type; found in the file "
        "where that is missing or UTF-8.",
    )
    escape_formulas: bool = Field(
        False,
        description="Put an apostrophe before cells that a spreadsheet would run "
        "(those that begin with = + - @, a tab or a CR).",
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
                f"{_quoted(name)} is in the query more than once: keep one"
            )
        query[name] = value
    try:
        return CsvRequest.model_validate(query)
    except ValidationError as error:
        raise _refusal(error, CsvRequest) from error


def _parse(body: bytes, model: type[_Request]) -> _Request:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] != "json_invalid":
            raise _refusal(error, model) from error
        whole = without_halves(body)
        if whole == body:
            raise NotJsonError(_json_complaint(first, body)) from error
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


def _refusal(error: ValidationError, model: type[BaseModel]) -> Exception:
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
    fault inside an object says more than that it is no string. Where a key is missing,
    an unknown one may be a misspelling of it.
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


def _json_complaint(complaint: Any, body: bytes) -> str:
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
    return f"there is no {_quoted(name)} here: {hint}"


def _quoted(name: str) -> str:
    short = name if len(name) <= QUOTED else name[:QUOTED] + "..."
    return repr(short)
