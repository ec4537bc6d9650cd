"""Lone surrogates in JSON, as are left where a text was cut inside a character."""

import re

# JSON writes a character beyond U+FFFF as two escapes, a high and a low surrogate.
# Other escapes are matched, too, so that none of their backslashes begins a surrogate.
_ESCAPE = re.compile(
    rb"\\(?:[^u]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)


def without_halves(body: bytes, instead: bytes = rb"\ufffd") -> bytes:
    r"""Return a JSON text with U+FFFD in the place of each half of a character.

    ``instead`` is another character for that place, as an escape of six bytes.

    No byte moves. JSON's grammar allows halves: a slice in JavaScript leaves them, and
    ``json.dumps`` in Python writes them. But no text of Unicode can hold them, so
    they are read as browsers send them.

    >>> without_halves(rb'"a\ud83d" "\ud83d\ude00" "\\ud83d"')
    b'"a\\ufffd" "\\ud83d\\ude00" "\\\\ud83d"'
    """
    return _ESCAPE.sub(lambda escape: instead if escape["half"] else escape[0], body)
