"""Short texts that the worker's loop reads together, in a turn of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sentiment.prediction.predictor import Predictor
from service.http.deadlines import Deadline
from service.observability.metrics import Metrics
from service.queueing.arrivals import Arrivals
from service.queueing.batcher import Batcher

SHORT = ["good film", "bad", "it was not very good !", "the food . the film", "great"]
LONG = "good film " * 25


def shortened(batcher, predictor, texts):
    return [batcher.prepare_short(predictor, [text]) for text in texts]


def test_what_is_read_together_is_one_pass_and_has_the_digits_of_one_alone(
    batcher, predictor, counted
):
    together = shortened(batcher, predictor, SHORT)
    batcher.compute_together(together)
    assert counted == [len(SHORT)]
    found = [prepared.predictions(min_confidence=0) for prepared in together]
    assert found == [[one] for one in predictor.predict(SHORT)]


def test_texts_of_other_lengths_are_read_apart(batcher, predictor, counted):
    batcher.compute_together(shortened(batcher, predictor, [*SHORT, LONG]))
    assert sorted(counted) == [1, len(SHORT)]


def test_a_list_of_unlike_lengths_has_the_digits_of_each_alone(batcher, predictor):
    texts = ["good", "bad film " * 20, "the food . the film"]
    lists = [texts, texts[::-1], ["great"]]
    together = [batcher.prepare_short(predictor, one) for one in lists]
    batcher.compute_together(together)
    found = [prepared.predictions(min_confidence=0) for prepared in together]
    assert found == [[predictor.predict(text) for text in one] for one in lists]


def test_what_is_long_or_cannot_be_read_is_left_to_a_thread(
    batcher, predictor, monkeypatch
):
    monkeypatch.setattr("service.queueing.batcher.SHORT_TOKENS", 40)
    assert batcher.prepare_short(predictor, ["good"]) is not None
    for text in ("", " \0 ", LONG):
        assert batcher.prepare_short(predictor, [text]) is None
        assert batcher.prepare_short(predictor, ["good", text]) is None

    def fail(_texts):
        raise RuntimeError("cannot bear it")

    monkeypatch.setattr(predictor, "encode", fail)
    assert batcher.prepare_short(predictor, ["good"]) is None


def test_a_long_text_among_short_ones_is_left_to_a_thread(batcher, predictor, counted):
    """Padded to its length they cost ten times as much as their tokens say."""
    long = " ".join(["good"] * 50)
    assert batcher.prepare_short(predictor, [long, *["good"] * 4]) is not None
    assert batcher.prepare_short(predictor, [long, *["good"] * 5]) is None
    lists = [batcher.prepare_short(predictor, ["good film"] * 16) for _ in range(16)]
    batcher.compute_together(lists)
    assert counted == [256]


def test_a_pass_shows_how_many_wait_in_all(predictor, places):
    metrics, arrivals = Metrics(), Arrivals(10, 60)
    batcher = Batcher(metrics, arrivals, places)
    arrivals.queue_for_thread()
    arrivals.for_loop.join()
    batcher.compute_together([batcher.prepare_short(predictor, ["good"])])
    waiting = metrics.registry.get_sample_value("sentiment_waiting_requests")
    assert waiting == 2


def test_a_processor_whose_digits_hang_on_the_batch_prepares_nothing(
    batcher, predictor, monkeypatch
):
    monkeypatch.setattr(predictor, "requests_are_batch_invariant", False)
    assert batcher.prepare_short(predictor, ["good"]) is None


def test_each_request_is_read_by_the_model_it_was_meant_for(
    batcher, predictor, artifact
):
    other = Predictor(replace(artifact, temperature=3.0))
    together = [batcher.prepare_short(one, ["good"]) for one in (predictor, other)]
    batcher.compute_together(together)
    found = [prepared.predictions(min_confidence=0) for prepared in together]
    assert found == [predictor.predict(["good"]), other.predict(["good"])]
    assert found[0] != found[1]


def test_who_reads_together_stands_in_no_line(batcher, predictor):
    """The loop may not wait for a thread."""
    came, leave = threading.Event(), threading.Event()

    def stay():
        with batcher.exclusive(Deadline.after(60)):
            came.set()
            assert leave.wait(60)

    with ThreadPoolExecutor() as threads:
        staying = threads.submit(stay)
        try:
            assert came.wait(60)
            batcher.compute_together(shortened(batcher, predictor, ["good"]))
        finally:
            leave.set()
        staying.result()


def test_what_fails_in_a_batch_is_raised_to_each(batcher, predictor, monkeypatch):
    def fail(_sequences):
        raise RuntimeError("cannot bear it")

    together = shortened(batcher, predictor, SHORT)
    monkeypatch.setattr(predictor, "probabilities", fail)
    batcher.compute_together(together)
    for prepared in together:
        with pytest.raises(RuntimeError, match="cannot bear it"):
            prepared.predictions(min_confidence=0)
