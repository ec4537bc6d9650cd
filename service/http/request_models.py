"""The shapes of the requests: they are checked by these, /openapi.json shows them."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field

from sentiment.scoring.options import Decimal
from service.http import request_ids
from service.http.answer_models import Label

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


def _whole(value: object) -> object:
    """JSON has one kind of number: 3.0 is as whole as 3."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


# The id a client may give a text: it comes back as it was sent.
_WholeNumber = Annotated[int, Field(ge=-(2**53), le=2**53), BeforeValidator(_whole)]
_Id = Annotated[str, Field(max_length=256)] | _WholeNumber


# The texts that a database keeps: all without U+0000.
KEPT = r"^[^\x00]*$"


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

    # The pattern is only shown: parse_feedback says in words what is wrong.
    text: str = Field(
        description="The text that was judged. Databases do not keep U+0000.",
        examples=["I love it."],
        json_schema_extra={"pattern": KEPT},
    )
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
    header: bool = Field(
        True,
        description="Whether the first row names the columns; `false`: it is a row "
        "like others, and the columns are called `text`, or `column_1`, `column_2`...",
    )
    skip_lines: int = Field(
        0, ge=0, le=1_000, description="How many lines above the header are left out."
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
    decimal: Decimal = Field(
        "point",
        description="What the results' numbers have: a spreadsheet in German, French "
        "and many other languages expects a `comma`.",
    )
