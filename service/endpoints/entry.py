"""What comes before every answer that costs work: a key, and a time to be ready by."""

from flask import request

from service.http.deadlines import HEADER, Deadline
from service.state import Service


def check_in(service: Service, seconds: float) -> Deadline:
    """Return when this request's answer is due, ``seconds`` after it came.

    Raises:
        KeyRefusedError: The service wants an API key, and the request has none of its.
    """
    deadline = Deadline.after(seconds, request.headers.get(HEADER))
    service.keys.check(request.headers.get("Authorization"))
    return deadline
