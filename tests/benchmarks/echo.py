"""The least that a Flask application can do with a JSON request: the floor."""

from flask import Flask, Response, jsonify, request


def create_app() -> Flask:
    """Return an application that answers what it was sent."""
    app = Flask(__name__)

    @app.post("/predict")
    def echo() -> Response:
        return jsonify(request.get_json())

    @app.get("/readyz")
    def ready() -> str:
        return "ready"

    return app
