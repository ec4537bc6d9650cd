"""The headers that keep every answer from being taken for something else.

nginx sets the same on what it refuses by itself (deploy/nginx/templates).
"""

from collections.abc import Mapping
from http import HTTPStatus

POLICY_HEADER = "Content-Security-Policy"

# For all that is no page: nothing in it runs, loads or is framed, whatever it holds.
STRICTEST_POLICY = "default-src 'none'; frame-ancestors 'none'"

GUARDS = {
    # A text that looks like HTML is not run as such.
    "X-Content-Type-Options": "nosniff",
    # Where a link leads from here, nobody is told what was asked.
    "Referrer-Policy": "no-referrer",
    # No other site's page reads an answer, or shares a process with it.
    "Cross-Origin-Resource-Policy": "same-origin",
}


def guarded_head(status: int, headers: Mapping[str, object]) -> str:
    """Return the head of an answer that is made without Flask, its last line end open.

    It holds ``headers`` and the guards of all that is no page.
    """
    every = {**headers, **GUARDS, POLICY_HEADER: STRICTEST_POLICY}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in every.items()]
    return "".join(f"{line}\r\n" for line in lines)
