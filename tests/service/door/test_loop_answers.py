"""What the loop answers by itself is what the application would have answered."""

import json
import logging
import re
import time

import pytest
from open_loop import prediction_request
from raw_answers import parts_of

from service.door.loop_answers import QueuedRequest, answer_together
from service.door.loop_requests import plain_request
from service.door.peeking import whole_request
from service.http.deadlines import Deadline
from service.observability.metrics import Metrics


def queued_request(pair, service, request, seconds=60.0, came=None):
    """Return the request as it waits for the loop's turn."""
    ours, theirs = pair
    theirs.sendall(request)
    asked = plain_request(ours, whole_request(ours), service)
    ours.recv(len(request))
    texts = asked.wants.plain_texts()
    prepared = service.batcher.prepare_short(service.model.predictor, texts)
    return QueuedRequest(asked, prepared, Deadline.after(seconds, came))


def request_for(identity, **fields):
    named = f"\r\nX-Request-Id: {identity}\r\n\r\n".encode()
    return prediction_request(**fields).replace(b"\r\n\r\n", named)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "good"},
        {"text": "näh 🙂 <b>"},
        {"text": "good film", "min_confidence": 1.0},
        {"texts": ["good"]},
        {
            "texts": [
                {"id": "a", "text": "näh 🙂"},
                "a bad film",
                {"id": 7, "text": "a"},
            ]
        },
    ],
)
def test_the_loop_says_what_the_application_says(pair, app, service, fields):
    queued = queued_request(pair, service, request_for("order-17", **fields))
    (answer,) = answer_together(service, [queued], keeps_clients=True)
    first, headers, body = parts_of(answer.content)
    theirs = app.test_client().post(
        "/predict", json=fields, headers={"X-Request-Id": "order-17"}
    )
    assert first == "HTTP/1.1 200 OK"
    assert theirs.status_code == 200
    # These two are gunicorn's, and so is how long the connection lasts.
    assert headers.pop("Server") == "gunicorn"
    assert time.strptime(headers.pop("Date"), "%a, %d %b %Y %H:%M:%S GMT")
    assert headers.pop("Connection") == "keep-alive"
    assert headers == dict(theirs.headers)
    said = json.loads(body)
    assert said == theirs.json
    assert list(said) == list(json.loads(theirs.data))


def numbers(metrics: Metrics) -> dict[tuple[str, str], float]:
    """Return all that is counted, but not how long things took."""
    return {
        (sample.name, str(sample.labels)): sample.value
        for family in metrics.collect()
        for sample in family.samples
        if not re.search("_created$|_seconds_(?:sum|bucket)$", sample.name)
    }


def test_the_loop_counts_and_logs_what_the_application_does(pair, make_app, caplog):
    caplog.set_level(logging.INFO, "service.requests")
    logging.getLogger("service.requests").propagate = True
    looped, asked = make_app(), make_app()
    service = looped.extensions["sentiment"]
    queued = queued_request(pair, service, request_for("order-17", text="good film"))
    answer_together(service, [queued], keeps_clients=True)
    asked.test_client().post(
        "/predict", json={"text": "good film"}, headers={"X-Request-Id": "order-17"}
    )
    ours, theirs = (record.fields for record in caplog.records)
    assert ours.pop("ms") >= 0
    assert theirs.pop("ms") >= 0
    assert ours == theirs
    assert numbers(service.metrics) == numbers(asked.extensions["sentiment"].metrics)


def test_a_request_takes_as_long_as_since_it_came(pair, app, service):
    """Whatever waited before nobody took it: what waits is what a full service has."""
    came = f"t={time.time() - 40:.3f}"
    header = f"\r\nX-Request-Start: {came}\r\n\r\n".encode()
    request = prediction_request(text="good").replace(b"\r\n\r\n", header)
    queued = queued_request(pair, service, request, came=came)
    answer_together(service, [queued], keeps_clients=True)
    assert 40 <= seconds_in(service.metrics) < 60
    app.test_client().post(
        "/predict", json={"text": "good"}, headers={"X-Request-Start": came}
    )
    # There a client that claims more than anybody may wait is not believed.
    most = service.settings.deadline_seconds
    assert 40 + most <= seconds_in(service.metrics) < 60 + most


def seconds_in(metrics: Metrics) -> float:
    """Return how long all requests to /predict took together."""
    labels = {"route": "/predict"}
    name = "sentiment_request_seconds_sum"
    return metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize("keeps_clients", [True, False])
@pytest.mark.parametrize("wanted", ["keep-alive", "Close"])
def test_a_connection_ends_where_either_side_wants(
    pair, service, wanted, keeps_clients
):
    ending = f"\r\nConnection: {wanted}\r\n\r\n".encode()
    request = prediction_request(text="good").replace(b"\r\n\r\n", ending)
    queued = queued_request(pair, service, request)
    (answer,) = answer_together(service, [queued], keeps_clients=keeps_clients)
    stays = wanted == "keep-alive" and keeps_clients
    assert answer.stays is stays
    _, headers, _ = parts_of(answer.content)
    assert headers["Connection"] == ("keep-alive" if stays else "close")


def test_what_comes_too_late_is_left_to_a_thread_and_counts_as_nothing(pair, service):
    before = numbers(service.metrics)
    queued = queued_request(pair, service, prediction_request(text="good"), seconds=-1)
    assert answer_together(service, [queued], keeps_clients=True) == [None]
    after = numbers(service.metrics)
    # But for the pass, which it did take.
    passes = {name for name in after if name[0].startswith("sentiment_pass")}
    assert {name for name in after if after[name] != before[name]} <= passes


def test_where_nothing_can_be_read_all_are_left_to_threads(pair, service, monkeypatch):
    def fail(*_numbers):
        raise OSError("no space left")

    before = numbers(service.metrics)
    queued = queued_request(pair, service, prediction_request(text="good"))
    monkeypatch.setattr(service.metrics.passes, "count", fail)
    found = answer_together(service, [queued, queued], keeps_clients=True)
    assert found == [None, None]
    assert numbers(service.metrics) == before


def test_what_the_network_cannot_bear_is_left_to_a_thread(pair, service, monkeypatch):
    def fail(_sequences):
        raise RuntimeError("cannot bear it")

    queued = queued_request(pair, service, prediction_request(text="good"))
    monkeypatch.setattr(service.model.predictor, "probabilities", fail)
    assert answer_together(service, [queued], keeps_clients=True) == [None]
    answered = ("sentiment_texts_total", "{}")
    assert numbers(service.metrics).get(answered, 0) == 0


def test_what_cannot_be_counted_is_answered_all_the_same(
    pair, service, monkeypatch, caplog
):
    def fail(*_numbers):
        raise OSError("no space left")

    queued = queued_request(pair, service, prediction_request(text="good"))
    monkeypatch.setattr(service.metrics, "count_request", fail)
    (answer,) = answer_together(service, [queued], keeps_clients=True)
    assert json.loads(parts_of(answer.content)[2])["label"]
    assert "could not be counted" in caplog.text
