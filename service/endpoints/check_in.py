"""Checks before every answer that costs work: the API key, and the deadline."""

from flask import request

from service.http.deadlines import HEADER, Deadline
from service.state import Service


def check_in(service: Service, seconds: float) -> Deadline:
    """Return when this request's answer is due, ``seconds`` after it came.

    Raises:
        KeyRefusedError: The service requires an API key, and got no valid one.
    """
    deadline = Deadline.after(seconds, request.headers.get(HEADER))
    service.keys.check(request.headers.get("Authorization"))
    return deadline
