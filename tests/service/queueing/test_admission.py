"""Only so much work waits; the rest is told to come again."""

import threading

import pytest

from service.http.problems import OverloadedError
from service.queueing.admission import Admission


def test_what_does_not_fit_is_refused_and_counted_nowhere():
    admission = Admission(10, "texts being answered")
    words = "texts being answered here: 8, with yours 11, the limit is 10"
    with admission.admit(8):
        with pytest.raises(OverloadedError, match=words), admission.admit(3):
            pass
        assert admission.admitted == 8
        with admission.admit(2):
            assert admission.admitted == 10
    assert admission.admitted == 0


def test_more_than_the_limit_is_let_in_where_nothing_waits():
    admission = Admission(10, "texts")
    refused = pytest.raises(OverloadedError, match=r"texts here: 50.* shortly$")
    with admission.admit(50), refused, admission.admit(1):
        pass
    too_large = pytest.raises(OverloadedError, match=r"shortly, or send it in parts$")
    with admission.admit(1), too_large, admission.admit(50):
        pass
    assert admission.admitted == 0


def test_a_failure_gives_its_place_back():
    admission = Admission(10, "texts")
    with pytest.raises(ValueError, match="broken"), admission.admit(5):
        raise ValueError("broken")
    assert admission.admitted == 0


def test_many_threads_count_right():
    admission = Admission(100_000, "texts")

    def work():
        for _ in range(500):
            with admission.admit(3):
                pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert admission.admitted == 0


def test_a_request_beside_a_full_worker_is_shed(make_app, problem):
    app = make_app(max_texts=10, max_waiting_texts=10)
    service, client = app.extensions["sentiment"], app.test_client()
    with service.text_admission.admit(9):
        answer = client.post("/predict", json={"texts": ["good"] * 2})
        problem(answer, 503, "overloaded")
        assert answer.headers["Retry-After"] == "1"
        assert client.post("/predict", json={"text": "good"}).status_code == 200
    assert client.post("/predict", json={"texts": ["good"] * 2}).status_code == 200
    assert service.text_admission.admitted == 0


@pytest.mark.parametrize("option", ["explain", "sentences"])
def test_what_is_asked_in_detail_counts_for_more(make_app, problem, option):
    """Sentences cost more than explanations, and counted as plain texts."""
    app = make_app(max_texts=10, max_waiting_texts=10)
    service, client = app.extensions["sentiment"], app.test_client()
    asked = {"texts": ["good"] * 2, option: True}
    with service.text_admission.admit(1):
        found = problem(client.post("/predict", json=asked), 503, "overloaded")
    # It told of 17 texts, of which the client had sent two.
    assert found["detail"] == (
        "texts being answered here: 1, with yours 17, the limit is 10 (each of yours "
        "counts as 8, with explain or sentences); try again shortly, or send it in "
        "parts"
    )
    assert client.get("/info").json["limits"]["detailed_text_weight"] == 8
    assert client.post("/predict", json=asked).status_code == 200


def test_a_refused_request_leaves_nothing_behind(service, client):
    for asked in ({"text": ""}, {"texts": []}, {"text": "a", "x": 1}):
        client.post("/predict", json=asked)
    assert service.text_admission.admitted == 0
