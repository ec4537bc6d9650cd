"""The names under which requests are counted: few, whatever a client sends.

Without prometheus-client, which gunicorn's master must not import.
"""

# Of requests to no address of the service, or with an unknown method.
NO_ROUTE, OTHER_METHOD = "none", "other"

_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


def method_label(method: str) -> str:
    """Return the method as labels and log lines name it.

    >>> method_label("GET"), method_label("BREW")
    ('GET', 'other')
    """
    return method if method in _METHODS else OTHER_METHOD
