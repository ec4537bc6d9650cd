"""``POST /feedback``: store a correction for the next training."""

import json
from datetime import UTC, datetime

from flask import Response, request

from sentiment.feedback import Correction
from service.endpoints.check_in import check_in
from service.http.answers import JSON
from service.http.bodies import read_body, require_type
from service.http.parsing import parse_feedback
from service.state import the_account, the_service

_TYPES = frozenset({JSON})


def keep_correction() -> Response:
    """Store one correction; answer once it is on the disk."""
    service, account = the_service(), the_account()
    settings = service.settings
    deadline = check_in(service, settings.deadline_seconds)
    service.corrections.required()
    require_type(request, _TYPES)
    body = read_body(request, settings.max_body_bytes, deadline, service.body_watch)
    asked = parse_feedback(body)
    predictor = service.model.predictor
    # From a text of which nothing can be read, nothing can be learned.
    for unreadable in predictor.encode([asked.text]).errors.values():
        raise unreadable
    account.model = predictor.version
    deadline.check()
    service.corrections.keep(
        Correction(
            text=asked.text,
            label=asked.label,
            created=datetime.now(UTC),
            model=account.model,
            request_id=asked.request_id,
        )
    )
    service.metrics.count_correction(asked.label)
    answer = {
        "status": "kept",
        "model": account.model,
        "request_id": account.request_id,
    }
    return Response(json.dumps(answer), 201, content_type=JSON)
