"""What Prometheus is told of the requests that were answered."""

import itertools
import re

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from service.endpoints import predicting
from service.http.problems import REFUSALS, DeadlineError
from service.observability.metrics import Metrics, render
from service.routes import ROUTES


@pytest.fixture
def value(client):
    """Read one number from /metrics, 0 where it is not there yet."""

    def read(name: str) -> float:
        text = client.get("/metrics").data.decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    return read


def test_metrics_are_in_prometheus_own_format(client):
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    assert b"# TYPE sentiment_request_seconds histogram" in answer.data


def test_texts_tokens_and_labels_are_counted(client, value):
    long = "good " * 60
    client.post("/predict", json={"texts": ["good qwxz film", "", long]})
    assert value("sentiment_texts_total") == 2
    assert value("sentiment_tokens_total") == 3 + 50
    assert value("sentiment_unknown_tokens_total") == 1
    assert value("sentiment_truncated_texts_total") == 1
    assert value('sentiment_text_failures_total{code="empty_text"}') == 1
    labels = ("negative", "neutral", "positive")
    counts = [
        value(f'sentiment_predictions_total{{label="{name}"}}') for name in labels
    ]
    assert sum(counts) == 2


@pytest.mark.parametrize("explain", [False, True])
def test_of_a_request_that_comes_too_late_no_text_is_counted(
    explain, make_app, monkeypatch
):
    """The first blocks were counted as answered, though nobody got them."""
    client = make_app().test_client()
    for limit in ("_BLOCK_CHARACTERS", "_EXPLAINED_BLOCK_CHARACTERS"):
        monkeypatch.setattr(predicting, limit, 10)
    texts = ["good film", "", "bad film", "good"]
    asked = {"texts": texts, "explain": explain}
    before = numbers_of_texts(client)
    looks = itertools.count(1)

    def check(_):
        if next(looks) == 3:
            raise DeadlineError("the third block comes too late")

    with monkeypatch.context() as late:
        late.setattr(predicting.Deadline, "check", check)
        assert client.post("/predict", json=asked).status_code == 503
    assert numbers_of_texts(client) == before
    assert client.post("/predict", json=asked).status_code == 200
    assert numbers_of_texts(client)["sentiment_texts_total"] == 3


def numbers_of_texts(client) -> dict[str, float]:
    """Return every number that tells of texts, by its name and labels."""
    text = client.get("/metrics").data.decode()
    kinds = "texts|tokens|unknown_tokens|truncated_texts|text_failures|predictions"
    names = rf"sentiment_(?:{kinds}|profile_texts|profile_sums)_total"
    found = re.findall(rf"^({names}(?:{{.*}})?) (\S+)$", text, re.MULTILINE)
    return {name: float(number) for name, number in found}


def test_a_file_counts_as_its_texts_do(make_app):
    """It was left out: drift looked at what was typed, not at what was scored."""
    texts = ["good qwxz film", "bad", "", "good " * 60, "bad", "...", "@x"]
    typed, file = make_app().test_client(), make_app().test_client()
    typed.post("/predict", json={"texts": texts * 30})
    rows = "".join(f'"{text}"\n' for text in texts * 30)
    kind = {"content_type": "text/csv"}
    with file.post("/predict/csv", data=f"text\n{rows}", **kind) as answer:
        assert len(answer.get_data().splitlines()) == 7 * 30 + 1
    expected = numbers_of_texts(typed)
    assert expected["sentiment_texts_total"] == 6 * 30
    assert numbers_of_texts(file) == pytest.approx(expected)


def test_requests_are_counted_by_address_method_and_status(client, value):
    client.post("/predict", json={"text": "good"})
    client.post("/predict", json={"text": ""})
    client.get("/wp-login.php")
    client.open("/predict", method="BREW")
    name = 'sentiment_requests_total{{method="{}",route="{}",status="{}"}}'
    assert value(name.format("POST", "/predict", 200)) == 1
    assert value(name.format("POST", "/predict", 422)) == 1
    # What a client can invent is no label: each would be kept for ever.
    assert value(name.format("GET", "none", 404)) == 1
    assert value(name.format("other", "none", 405)) == 1
    assert value('sentiment_request_seconds_count{route="/predict"}') == 2


def test_a_file_of_minutes_is_told_from_one_of_seconds():
    metrics = Metrics()
    for seconds in (61, 130, 500):
        metrics.count_request("/predict/csv", "POST", 200, seconds)
    counted = [
        metrics.registry.get_sample_value(
            "sentiment_request_seconds_bucket", {"route": "/predict/csv", "le": most}
        )
        for most in ("60.0", "120.0", "300.0", "600.0")
    ]
    assert counted == [0, 1, 2, 3]


def test_what_wakes_somebody_is_shown_before_it_happens(client):
    """Born at one, the first fault of an address was no increase to Prometheus."""
    shown = client.get("/metrics").data.decode().splitlines()
    for method, route, _ in (*ROUTES, ("GET", "/", None), ("GET", "/page/*", None)):
        labels = f'method="{method}",route="{route}",status="500"'
        assert f"sentiment_requests_total{{{labels}}} 0.0" in shown
    for refusal in REFUSALS.values():
        if refusal.status == 503:
            assert f'sentiment_shed_total{{reason="{refusal.code}"}} 0.0' in shown


def test_what_is_shed_is_counted_by_its_reason(make_app):
    app = make_app(max_texts=4, max_waiting_texts=4)
    client = app.test_client()
    with app.extensions["sentiment"].text_admission.admit(4):
        client.post("/predict", json={"text": "good"})
    text = client.get("/metrics").data.decode()
    assert 'sentiment_shed_total{reason="overloaded"} 1.0' in text


def test_the_version_that_answers_is_shown(value):
    assert value('sentiment_model_info{version="untrained-1"}') == 1


def test_two_applications_do_not_count_for_each_other(make_app):
    one, other = make_app().test_client(), make_app().test_client()
    one.post("/predict", json={"text": "good"})
    assert b"sentiment_texts_total 1.0" in one.get("/metrics").data
    assert b"sentiment_texts_total 0.0" in other.get("/metrics").data


def test_a_worker_that_begins_keeps_nobody_from_the_numbers(tmp_path, monkeypatch):
    """For a moment its file is empty, at which /metrics and /info answered 500."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    written = MmapedDict(str(tmp_path / "counter_1.db"))
    key = mmap_key("sentiment_texts", "sentiment_texts_total", [], [], "Texts.")
    written.write_value(key, 3.0, 0.0)
    written.close()
    (tmp_path / "counter_2.db").touch()
    assert b"sentiment_texts_total 3.0\n" in render(Metrics().collect())


def test_the_files_of_the_page_are_one_route(client, value):
    """Each had a histogram of its own: most of what /metrics told was about them."""
    for path in ("/", "/page/app.js", "/page/base.css", "/page/none.js"):
        client.get(path)
    counted = 'sentiment_requests_total{method="GET",route="%s",status="%s"}'
    assert value(counted % ("/page/*", "200")) == 2
    assert value(counted % ("/", "200")) == 1
    assert value(counted % ("none", "404")) == 1
    assert b"/page/app.js" not in client.get("/metrics").data
