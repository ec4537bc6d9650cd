"""The demo page, served from memory, under a policy that runs only its own files."""

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from importlib.resources import files

from flask import Response, abort, request

from service.http.headers import POLICY_HEADER

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # Text never becomes markup or code, not even through a bug of ours.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
# Permissions that a page may ask for; this one needs none of them.
_NO_DEVICES = "camera=(), microphone=(), geolocation=(), usb=(), payment=()"
FOLDER = "/page/"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


def views() -> dict[str, Callable[[], Response]]:
    """Return a view for each file of the page: the page itself at ``/``."""
    found = {}
    for file in files("service").joinpath("page").iterdir():
        suffix = file.name[file.name.rfind(".") :]
        if suffix in _TYPES:
            rule = "/" if file.name == "index.html" else FOLDER + file.name
            found[rule] = _view(file.read_bytes(), _TYPES[suffix])
    return found


def _view(content: bytes, content_type: str) -> Callable[[], Response]:
    etag = hashlib.sha256(content).hexdigest()[:20]

    def view() -> Response:
        response = Response(content, content_type=content_type)
        response.headers[POLICY_HEADER] = _POLICY
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = _NO_DEVICES
        # Cached, but revalidated: a new release is seen at once.
        response.headers["Cache-Control"] = "no-cache"
        response.set_etag(etag)
        # By hand, for werkzeug would send the whole file with 412.
        if request.if_match and not request.if_match.contains(etag):
            abort(HTTPStatus.PRECONDITION_FAILED)
        if request.if_none_match.contains_weak(etag):
            response.status_code = HTTPStatus.NOT_MODIFIED
        return response

    return view
