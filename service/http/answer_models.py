"""The shapes of the answers, as /openapi.json describes them.

Answers are built without these models, for speed (service/http/answers.py); the tests
check what is built against them.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]
Label = Literal["negative", "neutral", "positive"]
LabelOrUncertain = Literal["negative", "neutral", "positive", "uncertain"]
Count = Annotated[int, Field(ge=0)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Probabilities(_Answer):
    """The three probabilities; they sum to 1."""

    negative: Probability
    neutral: Probability
    positive: Probability


class InputReport(_Answer):
    """What was found in a text, and how much of it was read."""

    tokens: Count = Field(description="Tokens found in the whole text.")
    tokens_read: Count = Field(description="How many of them the model read.")
    unknown_tokens: Count = Field(
        description="How many of those it neither knows nor takes for a misspelling."
    )
    truncated: bool = Field(description="Whether some were left unread.")


class TokenAnswer(_Answer):
    """One token read, and what it did to the answer."""

    text: str = Field(description="The slice of the original text.")
    start: Count = Field(description="Code points of the original before it.")
    end: Count
    contribution: float = Field(description="Share of the predicted label's logit.")
    running: Probabilities = Field(description="The probabilities after this token.")


class SentenceAnswer(_Answer):
    """One sentence, scored on its own."""

    start: Count
    end: Count
    label: LabelOrUncertain
    probabilities: Probabilities


class ScoredText(_Answer):
    """The answer for one text."""

    label: LabelOrUncertain = Field(description="The most probable of the three.")
    confidence: Probability = Field(description="Its calibrated probability.")
    probabilities: Probabilities
    input: InputReport
    tokens: list[TokenAnswer] | None = Field(None, description="With `explain`.")
    explanation_gap: float | None = Field(
        None, description="How far the contributions miss what they should add up to."
    )
    sentences: list[SentenceAnswer] | None = Field(
        None, description="With `sentences`."
    )


class SingleAnswer(ScoredText):
    """The answer to one `text`."""

    model: str = Field(description="The version of the model that answered.")
    request_id: str


class ScoredItem(ScoredText):
    """The answer for one of several texts, under its id if it came with one."""

    id: str | int | None = None


class Failure(_Answer):
    """Why a text cannot be scored."""

    code: str
    message: str


class FailedItem(_Answer):
    """In place of the answer for a text that cannot be scored."""

    id: str | int | None = None
    error: Failure


class BatchAnswer(_Answer):
    """The answers to `texts`, in their order."""

    predictions: list[ScoredItem | FailedItem]
    model: str = Field(description="The version of the model that answered.")
    request_id: str


class KeptCorrection(_Answer):
    """A correction was stored."""

    status: Literal["kept"]
    model: str = Field(description="The version that is served now.")
    request_id: str


class Problem(_Answer):
    """Why a request was refused (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    code: str = Field(description="The failure's name, for programs.")
    detail: str = Field(description="What is wrong and the way out, for people.")
    request_id: str


class State(_Answer):
    """Alive, or ready."""

    status: Literal["alive", "ready"]
    model: str


class Limits(_Answer):
    """The limits of what a client may send, and of the time an answer may take."""

    max_body_bytes: Count
    max_csv_bytes: Count
    max_characters: Count
    max_texts: Count
    max_tokens: Count = Field(description="Tokens read a text.")
    max_waiting_texts: Count = Field(description="In each worker.")
    detailed_text_weight: Count = Field(
        description="As how many of these a text with `explain` or `sentences` counts."
    )
    max_csv_requests: Count = Field(description="At once, in each worker.")
    deadline_seconds: float
    csv_deadline_seconds: float
    api_key_required: bool
    feedback: bool = Field(description="Whether corrections are stored here.")


class Glance(_Answer):
    """Means and shares over many texts and their answers."""

    texts: Count
    label_mix: Probabilities = Field(description="Shares of the most probable labels.")
    confidence: Probability = Field(description="Its mean.")
    length: Annotated[float, Field(ge=0)] = Field(description="Mean tokens a text.")
    unknown_share: Probability = Field(
        description="Mean share of the tokens read that the model does not know."
    )


class Distances(_Answer):
    """For each measure, the share of texts in other bins: 0 the same, 1 none alike."""

    label_mix: Probability
    confidence: Probability
    length: Probability
    unknown_share: Probability


class DriftReport(_Answer):
    """How far what this model answered lies from what it was validated on."""

    texts_needed: Count = Field(
        description="Live texts needed before `distance` is given."
    )
    live: Glance = Field(description="Answered by all workers with this model.")
    baseline: Glance | None = Field(description="None for a model without one.")
    distance: Distances | None


class Info(_Answer):
    """The model that answers, and the limits it answers within."""

    model: str
    created: str
    labels: list[Label]
    config: dict[str, Any] = Field(description="The shape of the network.")
    metrics: dict[str, Any] = Field(description="Measured when it was published.")
    temperature: float
    precision: str
    limits: Limits
    drift: DriftReport
    version: str = Field(description="The release of the service.")
