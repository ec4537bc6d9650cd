"""The service's own state: liveness, readiness, model, limits and metrics."""

import dataclasses
import json
import logging
from typing import Any

from flask import Response

from sentiment import __version__
from sentiment.labels import LABELS
from sentiment.prediction.predictor import Predictor
from service.http.answers import JSON
from service.http.openapi import document
from service.http.problems import DrainingError, NotReadyError
from service.observability import metrics
from service.observability.drift import Drift
from service.queueing.admission import DETAILED_WEIGHT
from service.state import Service, the_service

log = logging.getLogger(__name__)


def healthz() -> Response:
    """Answer as long as the worker can answer anything."""
    return _json({"status": "alive", "model": the_service().model.predictor.version})


def readyz() -> Response:
    """Answer once a real prediction was made, and until the worker drains."""
    service = the_service()
    if service.draining.is_set():
        raise DrainingError("this worker is about to stop")
    predictor = service.model.predictor
    try:
        # Its first character can be read as well, where texts may have no more.
        predictor.predict("Is it good?"[: predictor.max_characters])
    except Exception as error:
        log.exception("the model cannot predict")
        raise NotReadyError("the model cannot predict; the log says why") from error
    return _json({"status": "ready", "model": predictor.version})


def info() -> Response:
    """Return the model and the limits."""
    service = the_service()
    # Taken once: all of the answer is about this model, even if another takes over.
    predictor = service.model.predictor
    artifact = predictor.artifact
    return _for_people(
        {
            "model": artifact.version,
            "created": artifact.created,
            "labels": list(LABELS),
            "config": dataclasses.asdict(artifact.config),
            "metrics": artifact.metrics,
            "temperature": artifact.temperature,
            "precision": predictor.precision,
            "limits": limits(service, predictor),
            "drift": Drift.of(service.metrics.collect(), artifact).to_json(),
            "version": __version__,
        }
    )


def limits(service: Service, predictor: Predictor) -> dict[str, Any]:
    """Return the limits of what a client may send, and of the time for an answer."""
    settings = service.settings
    return {
        "max_body_bytes": settings.max_body_bytes,
        "max_csv_bytes": settings.max_csv_bytes,
        "max_characters": predictor.max_characters,
        "max_texts": settings.max_texts,
        "max_tokens": predictor.config.max_tokens,
        "max_waiting_texts": settings.max_waiting_texts,
        "detailed_text_weight": DETAILED_WEIGHT,
        "max_csv_requests": settings.max_csv_requests,
        "deadline_seconds": settings.deadline_seconds,
        "csv_deadline_seconds": settings.csv_deadline_seconds,
        "api_key_required": service.keys.is_required,
        "feedback": service.corrections.is_on,
    }


def show_metrics() -> Response:
    """Return the metrics of all workers."""
    service = the_service()
    families = service.metrics.collect()
    drift = Drift.of(families, service.model.predictor.artifact)
    body = metrics.render([*families, *drift.families()])
    return Response(body, content_type=metrics.CONTENT_TYPE)


def openapi() -> Response:
    """Describe every address."""
    service = the_service()
    return _for_people(document(limits(service, service.model.predictor)))


def _for_people(payload: dict[str, Any]) -> Response:
    """Return JSON over several lines: the page links to it."""
    return _json(payload, indent=2)


def _json(payload: dict[str, Any], indent: int | None = None) -> Response:
    response = Response(json.dumps(payload, indent=indent), content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response
