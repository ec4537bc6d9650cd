"""/openapi.json: every address, its request, its answers and its refusals."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sentiment import __version__
from service import answers, request_ids
from service.errors import PROBLEM_TYPE
from service.schemas import CsvRequest, FeedbackRequest, PredictRequest

_REF = "#/components/schemas/{model}"
_MODELS: tuple[type[BaseModel], ...] = (
    PredictRequest,
    FeedbackRequest,
    answers.Kept,
    answers.SingleAnswer,
    answers.BatchAnswer,
    answers.State,
    answers.Info,
    answers.Problem,
)
_REFUSALS = {
    400: "Not JSON, or not whole",
    401: "An API key is needed",
    404: "No such address, or it is not turned on",
    405: "Not this method",
    408: "The body did not arrive in time",
    413: "Too large",
    415: "Not this type",
    422: "Says something that cannot be meant",
    429: "Over the limit of a client (answered by the proxy)",
    500: "A fault of the service",
    503: "Overloaded, too late, or draining",
}
_OF_A_BODY = (400, 401, 408, 413, 415, 422, 429, 500, 503)
_OF_A_PROBE = (500, 503)


def document(limits: dict[str, Any]) -> dict[str, Any]:
    """Return the description, with the limits that hold here."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sentiment of reviews",
            "version": __version__,
            "description": "Answers negative, neutral or positive, with calibrated "
            "probabilities.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/predict": {"post": _predict()},
            "/predict/csv": {"post": _predict_csv(limits)},
            "/feedback": {"post": _feedback(limits)},
            "/healthz": {"get": _get("alive", "Alive", "State")},
            "/readyz": {"get": _get("ready", "A real prediction was made", "State")},
            "/info": {"get": _get("info", "Model, labels, metrics, limits", "Info")},
            "/metrics": {"get": _text("metrics", "For Prometheus", "text/plain")},
            "/openapi.json": {"get": _openapi()},
            "/": {"get": _text("page", "A page to try it", "text/html")},
        },
        "components": _components(limits),
    }


def _predict() -> dict[str, Any]:
    answer = {"oneOf": [_ref("SingleAnswer"), _ref("BatchAnswer")]}
    return {
        "operationId": "predict",
        "summary": "Answer one text, or each of several",
        "security": [{}, {"key": []}],
        "parameters": [{"$ref": "#/components/parameters/RequestId"}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("PredictRequest")}},
        },
        "responses": _responses(_content("application/json", answer), _OF_A_BODY),
    }


def _predict_csv(limits: dict[str, Any]) -> dict[str, Any]:
    rows = _content("text/csv", {"type": "string"})
    return {
        "operationId": "predictCsv",
        "summary": "Answer each row of a CSV file with its columns and six more",
        "description": f"Up to {limits['max_csv_bytes']:,} bytes. The answer begins "
        "once the file is here whole; if it fails midway, the connection breaks off.",
        "security": [{}, {"key": []}],
        "parameters": [
            {"$ref": "#/components/parameters/RequestId"},
            *_query(CsvRequest),
        ],
        "requestBody": {"required": True, "content": rows["content"]},
        "responses": _responses(rows, _OF_A_BODY),
    }


def _feedback(limits: dict[str, Any]) -> dict[str, Any]:
    kept = _content("application/json", _ref("Kept"))
    responses = _responses(kept, (404, *_OF_A_BODY))
    return {
        "operationId": "feedback",
        "summary": "Keep a correction: a text and the label it should have had",
        "description": "Corrections are kept here."
        if limits["feedback"]
        else "Corrections are not kept here: each is answered 404.",
        "security": [{}, {"key": []}],
        "parameters": [{"$ref": "#/components/parameters/RequestId"}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("FeedbackRequest")}},
        },
        "responses": {"201": responses.pop("200"), **responses},
    }


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    properties = model.model_json_schema()["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema.get("description", ""),
            "schema": _not_null(schema),
        }
        for name, schema in properties.items()
    ]


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query cannot hold null: what is optional is left out."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return dict(kinds[0]) if kinds else {"type": schema["type"]}


def _get(name: str, summary: str, model: str) -> dict[str, Any]:
    content = _content("application/json", _ref(model))
    return _operation(name, summary, content)


def _text(name: str, summary: str, media_type: str) -> dict[str, Any]:
    return _operation(name, summary, _content(media_type, {"type": "string"}))


def _openapi() -> dict[str, Any]:
    content = _content("application/json", {"type": "object"})
    return _operation("openapi", "This description", content)


def _operation(name: str, summary: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [{"$ref": "#/components/parameters/RequestId"}],
        "responses": _responses(content, _OF_A_PROBE),
    }


def _responses(content: dict[str, Any], refusals: tuple[int, ...]) -> dict[str, Any]:
    request_id = {"$ref": "#/components/headers/RequestId"}
    good = {
        "description": "The answer",
        "headers": {request_ids.HEADER: request_id},
        **content,
    }
    return {"200": good} | {str(status): _problem(status) for status in refusals}


def _problem(status: int) -> dict[str, Any]:
    headers = {request_ids.HEADER: {"$ref": "#/components/headers/RequestId"}}
    if status == 503:
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    return {
        "description": _REFUSALS[status],
        "headers": headers,
        **_content(PROBLEM_TYPE, _ref("Problem")),
    }


def _content(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {media_type: {"schema": schema}}}


def _ref(model: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=model)}


def _components(limits: dict[str, Any]) -> dict[str, Any]:
    request_id = {"type": "string", "pattern": f"^{request_ids.PATTERN}$"}
    _, schemas = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template=_REF
    )
    definitions = schemas["$defs"]
    _limit_texts(definitions, limits)
    return {
        "schemas": definitions,
        "parameters": {
            "RequestId": {
                "name": request_ids.HEADER,
                "in": "header",
                "description": "Taken if it has this form, else made; and echoed.",
                "schema": request_id,
            }
        },
        "headers": {
            "RequestId": {"schema": request_id},
            "RetryAfter": {"schema": {"type": "integer"}, "description": "Seconds."},
        },
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "Needed here."
                if limits["api_key_required"]
                else "Not needed here.",
            }
        },
    }


def _limit_texts(definitions: dict[str, Any], limits: dict[str, Any]) -> None:
    """Write into the request's schema what its model leaves to the settings."""
    asked = definitions["PredictRequest"]
    asked["oneOf"] = [{"required": ["text"]}, {"required": ["texts"]}]
    for name in ("text", "texts"):
        asked["properties"][name].pop("default", None)
    asked["properties"]["texts"] |= {"minItems": 1, "maxItems": limits["max_texts"]}
    for one in (asked, definitions["FeedbackRequest"]):
        one["properties"]["text"]["minLength"] = 1
        one["properties"]["text"]["maxLength"] = limits["max_characters"]
