"""Security headers of every answer.

nginx sets the same on what it refuses by itself (deploy/nginx/templates).
"""

from collections.abc import Mapping
from http import HTTPStatus

POLICY_HEADER = "Content-Security-Policy"

# For every answer but a page: nothing in it runs, loads or is framed.
STRICTEST_POLICY = "default-src 'none'; frame-ancestors 'none'"

GUARDS = {
    # A text that looks like HTML is not rendered as such.
    "X-Content-Type-Options": "nosniff",
    # Sites that a link leads to do not see the address with its query.
    "Referrer-Policy": "no-referrer",
    # No page of another site reads an answer, or shares a process with it.
    "Cross-Origin-Resource-Policy": "same-origin",
}


def guarded_head(status: int, headers: Mapping[str, object]) -> str:
    """Return the head of an answer made without Flask, but for the empty line.

    It holds ``headers`` and the security headers of every answer but a page.
    """
    every = {**headers, **GUARDS, POLICY_HEADER: STRICTEST_POLICY}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in every.items()]
    return "".join(f"{line}\r\n" for line in lines)
