"""/openapi.json: every address with its request, answers and refusals."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sentiment import __version__
from service.http import answer_models, request_ids
from service.http.problems import PROBLEM_TYPE
from service.http.request_models import CsvRequest, FeedbackRequest, PredictRequest

_REF = "#/components/schemas/{model}"
_MODELS: tuple[type[BaseModel], ...] = (
    PredictRequest,
    FeedbackRequest,
    answer_models.KeptCorrection,
    answer_models.SingleAnswer,
    answer_models.BatchAnswer,
    answer_models.State,
    answer_models.Info,
    answer_models.Problem,
)
_REFUSALS = {
    400: "Not JSON, not whole, or no HTTP",
    401: "An API key is needed",
    404: "No such address, or it is not turned on",
    405: "Not this method",
    408: "The body did not arrive in time",
    412: "Not the file that If-Match names",
    413: "Too large",
    414: "The address is too long",
    415: "Not this type",
    417: "An expectation that cannot be met",
    422: "Not a valid request",
    429: "Over the limit of a client (answered by the proxy)",
    431: "The headers are too long",
    500: "A fault of the service",
    501: "A transfer coding that is not known",
    502: "The service is not running (answered by the proxy)",
    503: "Overloaded, too late, or draining",
    504: "The service did not answer in time (answered by the proxy)",
    505: "Another version of HTTP than 1 (answered by the proxy)",
}
# Statuses that any request may be refused with, by gunicorn or a proxy in front.
_OF_ANY = (400, 414, 417, 429, 431, 500, 501, 502, 503, 504, 505)
_OF_A_BODY = (*_OF_ANY, 401, 408, 413, 415, 422)
# Statuses that belong to no operation: they say that there is none.
_OF_NO_OPERATION = {"NotFound": 404, "MethodNotAllowed": 405}

# Headers that a client acts on: name, description, and the refusals that have it.
_REFUSAL_HEADERS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    (
        "Retry-After",
        "Seconds. Left out where a retry would fail, too.",
        (429, 502, 503, 504),
    ),
    ("WWW-Authenticate", "Bearer.", (401,)),
    ("Allow", "The methods that there are.", (405,)),
)


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
            "/predict": {"post": _predict(limits)},
            "/predict/csv": {"post": _predict_csv(limits)},
            "/feedback": {"post": _feedback(limits)},
            "/healthz": {"get": _get("alive", "Alive", "State")},
            "/readyz": {"get": _get("ready", "A real prediction was made", "State")},
            "/info": {"get": _get("info", "Model, labels, metrics, limits", "Info")},
            "/metrics": {"get": _text("metrics", "For Prometheus", "text/plain")},
            "/openapi.json": {"get": _openapi()},
            "/": {"get": _page()},
        },
        "components": _components(limits),
    }


def _predict(limits: dict[str, Any]) -> dict[str, Any]:
    answer = {"oneOf": [_ref("SingleAnswer"), _ref("BatchAnswer")]}
    return {
        "operationId": "predict",
        "summary": "Answer one text, or each of several",
        "security": _security(limits),
        "parameters": [{"$ref": "#/components/parameters/RequestId"}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("PredictRequest")}},
        },
        "responses": _responses(_content("application/json", answer), _OF_A_BODY),
    }


def _predict_csv(limits: dict[str, Any]) -> dict[str, Any]:
    rows: dict[str, Any] = {
        "content": {name: {"schema": {"type": "string"}} for name in _files()}
    }
    return {
        "operationId": "predictCsv",
        "summary": "Answer each row of a CSV file with its columns and six more",
        "description": f"Up to {limits['max_csv_bytes']:,} bytes. The answer begins "
        "once the file is here whole; if it fails midway, the connection breaks off. "
        "It is tab-separated where the file is.",
        "security": _security(limits),
        "parameters": [
            {"$ref": "#/components/parameters/RequestId"},
            *_query(CsvRequest),
        ],
        "requestBody": {"required": True, "content": _files()},
        "responses": _responses(rows, _OF_A_BODY),
    }


def _feedback(limits: dict[str, Any]) -> dict[str, Any]:
    kept = _content("application/json", _ref("KeptCorrection"))
    responses = _responses(kept, (404, *_OF_A_BODY))
    return {
        "operationId": "feedback",
        "summary": "Store a correction: a text and the label it should have had",
        "description": "Corrections are stored here."
        if limits["feedback"]
        else "Corrections are not stored here: each is answered 404.",
        "security": _security(limits),
        "parameters": [{"$ref": "#/components/parameters/RequestId"}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("FeedbackRequest")}},
        },
        "responses": {"201": responses.pop("200"), **responses},
    }


def _files() -> dict[str, Any]:
    """The bodies of a file: bytes, which no schema describes (OpenAPI 3.1)."""
    return {
        "text/csv": {"example": "id,text\n1,Great value\n"},
        "text/tab-separated-values": {"example": "id\ttext\n1\tGreat value\n"},
    }


def _security(limits: dict[str, Any]) -> list[dict[str, list[str]]]:
    key: dict[str, list[str]] = {"key": []}
    return [key] if limits["api_key_required"] else [{}, key]


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
    if kinds:
        return dict(kinds[0])
    beside_it = ("title", "description")
    return {key: value for key, value in schema.items() if key not in beside_it}


def _get(name: str, summary: str, model: str) -> dict[str, Any]:
    content = _content("application/json", _ref(model))
    return _operation(name, summary, content)


def _text(name: str, summary: str, media_type: str) -> dict[str, Any]:
    return _operation(name, summary, _content(media_type, {"type": "string"}))


def _openapi() -> dict[str, Any]:
    content = _content("application/json", {"type": "object"})
    return _operation("openapi", "This description", content)


def _page() -> dict[str, Any]:
    page = _text("page", "A page to try it", "text/html")
    headers = page["responses"]["200"]["headers"]
    headers["ETag"] = _header("For If-None-Match.")
    page["responses"]["412"] = _problem(412)
    page["responses"]["304"] = {"description": "As it was", "headers": headers}
    return page


def _operation(name: str, summary: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [{"$ref": "#/components/parameters/RequestId"}],
        "responses": _responses(content, _OF_ANY),
    }


def _responses(content: dict[str, Any], refusals: tuple[int, ...]) -> dict[str, Any]:
    request_id = {"$ref": "#/components/headers/RequestId"}
    good = {
        "description": "The answer",
        "headers": {request_ids.HEADER: request_id},
        **content,
    }
    return {"200": good} | {
        str(status): _problem(status) for status in sorted(refusals)
    }


def _problem(status: int) -> dict[str, Any]:
    headers: dict[str, Any] = {
        request_ids.HEADER: {"$ref": "#/components/headers/RequestId"}
    }
    for name, description, statuses in _REFUSAL_HEADERS:
        if status in statuses:
            headers[name] = _header(description)
    return {
        "description": _REFUSALS[status],
        "headers": headers,
        **_content(PROBLEM_TYPE, _ref("Problem")),
    }


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _content(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {media_type: {"schema": schema}}}


def _ref(model: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=model)}


def _components(limits: dict[str, Any]) -> dict[str, Any]:
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
                "description": f"Taken and echoed if it is {request_ids.PATTERN}, "
                "else one is made.",
                "schema": {"type": "string"},
            }
        },
        "responses": {
            name: _problem(status) for name, status in _OF_NO_OPERATION.items()
        },
        "headers": {
            "RequestId": {
                "schema": {"type": "string", "pattern": f"^{request_ids.PATTERN}$"}
            },
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
    """Add to the request's schema the limits that its model leaves to the settings."""
    asked = definitions["PredictRequest"]
    asked["oneOf"] = [{"required": ["text"]}, {"required": ["texts"]}]
    for name in ("text", "texts"):
        asked["properties"][name].pop("default", None)
    asked["properties"]["texts"] |= {"minItems": 1, "maxItems": limits["max_texts"]}
    for one in (asked, definitions["FeedbackRequest"]):
        one["properties"]["text"]["minLength"] = 1
        one["properties"]["text"]["maxLength"] = limits["max_characters"]
