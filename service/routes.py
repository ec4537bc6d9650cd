"""The table of all addresses and their views."""

from collections.abc import Callable

from flask import Flask, Response

from service.endpoints import feedback, pages, predicting, scoring, status

ROUTES: tuple[tuple[str, str, Callable[[], Response]], ...] = (
    ("POST", "/predict", predicting.predict),
    ("POST", "/predict/csv", scoring.predict_csv),
    ("POST", "/feedback", feedback.keep_correction),
    ("GET", "/healthz", status.healthz),
    ("GET", "/readyz", status.readyz),
    ("GET", "/info", status.info),
    ("GET", "/metrics", status.show_metrics),
    ("GET", "/openapi.json", status.openapi),
)


def add_routes(app: Flask) -> None:
    """Add the table's addresses and the page's files to ``app``."""
    for method, rule, view in ROUTES:
        app.add_url_rule(rule, rule, view, methods=[method])
    for rule, view in pages.views().items():
        app.add_url_rule(rule, rule, view, methods=["GET"])
