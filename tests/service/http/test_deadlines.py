"""An answer that comes too late is not worth its work."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from running import wait_for
from small_models import make_artifact

from sentiment.prediction.predictor import Predictor
from service.app import create_app
from service.http.deadlines import Deadline, waited_seconds
from service.http.problems import DeadlineError
from service.settings import Settings

NOW = 1_700_000_100.0


@pytest.mark.parametrize(
    ("header", "waited"),
    [
        ("t=1700000098.500", 1.5),
        ("1700000098.500", 1.5),
        ("t=1700000098", 2.0),
        ("t=1700000098500", 1.5),
        ("1700000098500", 1.5),
        # A clock that is ahead, or behind by more than anything waits.
        ("t=1700000101", 0.0),
        ("t=1600000000", 0.0),
        ("t=0", 0.0),
        # Nothing that a proxy writes.
        ("", 0.0),
        ("t=", 0.0),
        ("t=-1700000098", 0.0),
        ("t=1700000098.5e3", 0.0),
        ("t=nan", 0.0),
        ("t=17000000985000000", 0.0),
        ("t=１７００００００９８", 0.0),
        ("t=1700000098, t=1700000099", 0.0),
    ],
)
def test_the_wait_before_the_service_is_read_from_the_proxy(header, waited):
    assert waited_seconds(header, NOW) == pytest.approx(waited)


def test_a_deadline_in_the_future_is_let_pass():
    Deadline.after(60).check()


def test_a_deadline_that_is_over_raises():
    with pytest.raises(DeadlineError, match="too late"):
        Deadline.after(1, f"t={time.time() - 2:.3f}").check()


def test_what_waited_may_come_again_and_what_worked_all_the_time_in_parts():
    waiting, working = Deadline.after(0.05), Deadline.after(0.05)
    with waiting.count_wait():
        time.sleep(0.06)
    with pytest.raises(DeadlineError, match="try again shortly") as caught:
        waiting.check()
    assert not caught.value.in_parts
    with pytest.raises(DeadlineError, match=r"than the 0\.05 s .* in parts") as caught:
        working.check()
    assert caught.value.in_parts


@pytest.mark.parametrize("detail", [{}, {"sentences": True}])
def test_what_is_too_much_by_itself_is_not_told_to_come_again(
    detail, make_app, predictor, problem
):
    """It was, wherever the CPUs were busy: its work took time, but little of them."""
    encode, each = predictor.encode, predictor.predict_each

    def slow(call):
        def later(*texts, **options):
            time.sleep(0.3)
            return call(*texts, **options)

        return later

    predictor.encode, predictor.predict_each = slow(encode), slow(each)
    client = make_app(deadline_seconds=0.5).test_client()
    texts = ["good film . " * 1000] * 100
    answer = client.post("/predict", json={"texts": texts, **detail})
    assert "in parts" in problem(answer, 503, "deadline_exceeded")["detail"]
    assert "Retry-After" not in answer.headers


def test_what_waits_for_its_turn_may_come_again(make_app, predictor, problem):
    """The time that another's long computation takes is none of its own."""
    app = make_app(deadline_seconds=0.5)
    batcher = app.extensions["sentiment"].batcher
    begun = threading.Event()

    def compute():
        with batcher.exclusive(Deadline.after(60)):
            begun.set()
            wait_for(lambda: len(batcher) == 1, "the other in line")
            time.sleep(0.5)

    with ThreadPoolExecutor() as threads:
        threads.submit(compute)
        begun.wait()
        asked = {"text": "good", "explain": True}
        answer = app.test_client().post("/predict", json=asked)
    assert "try again" in problem(answer, 503, "deadline_exceeded")["detail"]
    assert answer.headers["Retry-After"] == "1"


def test_a_request_that_waited_too_long_is_refused(make_app, problem):
    client = make_app(deadline_seconds=5).test_client()
    headers = {"X-Request-Start": f"t={time.time() - 6:.3f}"}
    answer = client.post("/predict", json={"text": "good"}, headers=headers)
    problem(answer, 503, "deadline_exceeded")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("ago", [2, -50, 100_000])
def test_a_shorter_wait_or_a_wrong_clock_is_no_reason_to_refuse(make_app, ago):
    client = make_app(deadline_seconds=30).test_client()
    headers = {"X-Request-Start": f"t={time.time() - ago:.3f}"}
    answer = client.post("/predict", json={"text": "good"}, headers=headers)
    assert answer.status_code == 200


def test_the_clock_is_looked_at_between_blocks(make_app, predictor, problem):
    """A large request stops soon after its time, not when all its work is done."""
    calls = []

    def slow(texts, **options):
        calls.append(len(texts))
        time.sleep(0.2)
        return type(predictor).predict_each(predictor, texts, **options)

    predictor.predict_each = slow
    client = make_app(deadline_seconds=0.5).test_client()
    texts = ["good film . " * 1000] * 100
    answer = client.post("/predict", json={"texts": texts, "explain": True})
    problem(answer, 503, "deadline_exceeded")
    assert len(calls) <= 4


def test_the_clock_is_looked_at_within_a_bidirectional_explanation(problem):
    """One text of 2,000 tokens was explained for a minute, whatever the deadline."""
    artifact = make_artifact(bidirectional=True, max_tokens=300)
    passes = []

    def slowed(*_):
        passes.append(1)
        time.sleep(0.1)

    app = create_app(Predictor(artifact), Settings(deadline_seconds=0.5))
    artifact.classifier.register_forward_pre_hook(slowed)
    asked = {"text": "good film . " * 100, "explain": True}
    answer = app.test_client().post("/predict", json=asked)
    problem(answer, 503, "deadline_exceeded")
    assert 1 <= len(passes) <= 6


def test_sentences_are_scored_in_blocks_of_some_tenths_of_a_second(make_app, predictor):
    """As many characters as are explained at a time took two thirds of one."""
    blocks = []

    def counted(texts, **options):
        blocks.append(sum(map(len, texts)))
        return type(predictor).predict_each(predictor, texts, **options)

    predictor.predict_each = counted
    client = make_app(deadline_seconds=120).test_client()
    texts = ["Good film. " * 800] * 10
    answer = client.post("/predict", json={"texts": texts, "sentences": True})
    assert len(answer.json["predictions"]) == len(texts)
    # Each block is asked for as it is, and then as its sentences.
    assert max(blocks) <= 20_000
