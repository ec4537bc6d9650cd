"""The id of a request: the client's own if it is harmless, else a new one."""

import random
import re

HEADER = "X-Request-Id"
PATTERN = "[A-Za-z0-9._-]{1,64}"

_HARMLESS = re.compile(PATTERN)


def request_id(sent: str | None) -> str:
    """Return ``sent`` if it may stand in a log and a header, else a new id.

    >>> request_id("order-17.b")
    'order-17.b'
    >>> len(request_id("<b>"))
    32
    """
    if sent is not None and _HARMLESS.fullmatch(sent):
        return sent
    # Not os.urandom: a system call releases the GIL, which must then be won back from
    # all threads. An id is no secret, and after a fork random is seeded again.
    return f"{random.getrandbits(128):032x}"
