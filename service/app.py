"""Make the web application: tests pass their predictor, gunicorn's workers load one."""

import time
from copy import copy
from functools import partial

from flask import Flask, Response, g, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers.response import Response as AnyResponse

from sentiment.network.threads import limit_threads
from sentiment.prediction.predictor import Predictor
from service.corrections import Corrections
from service.endpoints import pages
from service.http import deadlines, request_ids
from service.http.bodies import drain
from service.http.headers import GUARDS, POLICY_HEADER, STRICTEST_POLICY
from service.http.refusals import refuse
from service.keys import Keys
from service.model.served_model import ServedModel
from service.model.source import ModelSource
from service.model.watcher import Watcher
from service.observability.accounts import Account
from service.observability.metric_labels import NO_ROUTE, OTHER_METHOD, method_label
from service.observability.metrics import Metrics
from service.processes import run_folder
from service.queueing.admission import Admission
from service.queueing.arrivals import Arrivals
from service.queueing.batcher import Batcher
from service.queueing.places import Places
from service.routes import add_routes
from service.settings import Settings
from service.state import EXTENSION, Service, the_account, the_service

_FILES = f"{pages.FOLDER}*"


def create_app(
    predictor: Predictor | None = None, settings: Settings | None = None
) -> Flask:
    """Return the application that answers with ``predictor``.

    Without one, the model that the settings name is loaded, and watched: when another
    is published, it takes over.

    Raises:
        ConfigError: A setting is not valid.
        ArtifactError: There is no model to load, or it is damaged.
    """
    settings = settings or Settings.from_environment()
    # Before the model, which takes seconds to load: errors in these show at once.
    keys = Keys.of(settings.api_keys_file)
    corrections = Corrections.of(settings)
    metrics = Metrics()
    model = (
        _watched_model(settings, metrics)
        if predictor is None
        else ServedModel(_limited(predictor, settings), metrics)
    )
    arrivals = Arrivals(settings.max_waiting_requests, settings.max_wait_seconds)
    places = Places(settings.long_requests, settings.max_wait_seconds)
    routes: dict[str, str] = {}
    # No folder of files is served, and no template rendered.
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.extensions[EXTENSION] = Service(
        settings=settings,
        model=model,
        metrics=metrics,
        keys=keys,
        arrivals=arrivals,
        batcher=Batcher(metrics, arrivals, places),
        text_admission=Admission(settings.max_waiting_texts, "texts being answered"),
        file_admission=Admission(settings.max_csv_requests, "files being scored"),
        corrections=corrections,
        routes=routes,
    )
    # Otherwise //predict would be answered with a redirect in HTML.
    app.url_map.merge_slashes = False
    app.before_request(_open_account)
    app.before_request(_require_one_slash)
    app.after_request(_close_account)
    app.register_error_handler(Exception, _refuse)
    add_routes(app)
    for rule in app.url_map.iter_rules():
        routes[rule.rule] = _named(rule.rule)
        metrics.begin_route(routes[rule.rule], rule.methods or ())
    # Counted by the worker, for what its parser refuses.
    metrics.begin_route(NO_ROUTE, [OTHER_METHOD])
    return app


def _limited(predictor: Predictor, settings: Settings) -> Predictor:
    """Return the caller's predictor with the service's limit, its own left alone."""
    limited = copy(predictor)
    limited.max_characters = settings.max_characters
    return limited


def _watched_model(settings: Settings, metrics: Metrics) -> ServedModel:
    limit_threads(settings.torch_threads)
    source = ModelSource(
        settings.model,
        max_characters=settings.max_characters,
        precision=settings.precision,
        run_folder=run_folder.lent(),
    )
    predictor, folder = source.load_first(metrics)
    served = ServedModel(predictor, metrics)
    Watcher(served, source, folder, metrics).start(settings.reload_seconds)
    return served


def _open_account() -> None:
    headers = request.headers
    waited = deadlines.waited_seconds(headers.get(deadlines.HEADER, ""), time.time())
    # Requests that wait longer are not answered, so a longer wait is a wrong clock.
    age = min(waited, the_service().settings.deadline_seconds)
    g.account = Account.of(request_ids.request_id(headers.get(request_ids.HEADER)), age)


def _require_one_slash() -> None:
    """Refuse //predict, which werkzeug's routing takes for /predict."""
    if request.environ["PATH_INFO"].startswith("//"):
        raise NotFound


def _refuse(error: Exception) -> Response:
    service = the_service()
    response = refuse(error)
    rest = partial(drain, request.stream, request.environ, service.body_watch)
    response.call_on_close(rest)
    if response.status_code == 503:
        service.metrics.count_shed(the_account().code or "")
    return response


def _close_account(response: AnyResponse) -> AnyResponse:
    service, account = the_service(), the_account()
    headers = response.headers
    headers.add(request_ids.HEADER, account.request_id)
    headers.extend(GUARDS)
    if POLICY_HEADER not in headers:
        headers.add(POLICY_HEADER, STRICTEST_POLICY)
    route = _route()
    method = method_label(request.method)
    close = partial(account.close, service.metrics, route, method, response.status_code)
    if account.streamed:
        response.call_on_close(close)
    else:
        close()
    return response


def _route() -> str:
    """Return the address as labels name it; the page's files share one name."""
    rule = request.url_rule
    return NO_ROUTE if rule is None else _named(rule.rule)


def _named(rule: str) -> str:
    return _FILES if rule.startswith(pages.FOLDER) else rule
