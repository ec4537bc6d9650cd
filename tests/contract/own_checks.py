"""What the service promises beyond its description, as checks of schemathesis."""

import json
import os
import re
from typing import Any

import schemathesis

# What a request of the right form can still be refused for: what its texts say.
_OF_THE_CONTENT = {"empty_text", "no_tokens", "text_too_long", "invalid_csv"}
_REQUEST_ID = re.compile("[A-Za-z0-9._-]{1,64}")


@schemathesis.check
def valid_requests_are_refused_for_their_texts_alone(
    ctx: Any, response: Any, case: Any
) -> None:
    """The positive check allows 422; here is which of them."""
    mode = case.meta.generation.mode if case.meta else None
    if mode == schemathesis.GenerationMode.POSITIVE and response.status_code == 422:
        assert _problem(response)["code"] in _OF_THE_CONTENT, response.text


@schemathesis.check
def refusals_are_whole_problems(ctx: Any, response: Any, case: Any) -> None:
    if response.status_code >= 400 and case.method != "HEAD":
        problem = _problem(response)
        assert problem["status"] == response.status_code
        assert problem["request_id"] == _header(response, "x-request-id")
        assert not re.search(r"Traceback|\.py\b|/site-packages", response.text)


@schemathesis.check
def answers_are_guarded(ctx: Any, response: Any, case: Any) -> None:
    assert _REQUEST_ID.fullmatch(_header(response, "x-request-id"))
    assert _header(response, "x-content-type-options") == "nosniff"
    policy = _header(response, "content-security-policy")
    assert policy.startswith("default-src 'none'")


def _problem(response: Any) -> dict[str, Any]:
    assert _header(response, "content-type") == "application/problem+json"
    return json.loads(response.content)


def _header(response: Any, name: str) -> str:
    (value,) = response.headers[name]
    return value


# How many answers were looked at, for the test's figure.
_SEEN = os.environ.get("SEEN_ANSWERS")


@schemathesis.check
def answers_are_counted(ctx: Any, response: Any, case: Any) -> None:
    if _SEEN:
        with open(_SEEN, "a", encoding="ascii") as seen:
            seen.write(f"{response.status_code}\n")
