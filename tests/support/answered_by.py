"""Who in a worker gave an answer: its event loop, or a thread and the application.

The two differ in nothing that a client needs, but in the order of the headers: gunicorn
writes the date before what the application adds, the loop after it.
"""

from collections.abc import Iterable

from running import Answer


def is_by_loop(answer: Answer) -> bool:
    """Tell whether a worker's event loop gave the answer, which came without nginx."""
    return is_the_loops(answer.headers)


def is_the_loops(headers: Iterable[str]) -> bool:
    """Tell the same of the names of an answer's headers, in lower case, in order."""
    names = list(headers)
    return names.index("date") > names.index("content-type")
