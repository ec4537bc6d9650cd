"""Requests that wait share a pass; none of them can tell by its answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from running import wait_for

from service.http.deadlines import Deadline
from service.http.problems import DeadlineError
from service.observability.metrics import Metrics
from service.queueing.arrivals import Arrivals
from service.queueing.batcher import Batcher, Clock
from service.queueing.places import Places

SHORT = ["good film", "bad", "it was not very good !", "the food . the film", "great"]
LONG = "good film " * 25


class Asking(threading.Thread):
    """A thread that asks, and keeps what it got."""

    def __init__(self, batcher, predictor, texts, deadline=None):
        super().__init__(daemon=True)
        self._ask = lambda: batcher.predict_each(
            predictor, texts, deadline or Deadline.after(60)
        )
        self.answers = self.error = None
        self.start()

    def run(self):
        try:
            self.answers = self._ask()
        except Exception as error:  # noqa: BLE001  the test looks at it
            self.error = error

    def outcome(self):
        self.join(60)
        return self.answers


def started(passes):
    wait_for(lambda: passes.texts, "the first pass", seconds=60)


def in_line(batcher, count):
    wait_for(lambda: len(batcher) == count, f"{count} in line")


def all_while_busy(batcher, predictor, passes, requests):
    """Ask for the first alone, and for the others while its pass is under way."""
    threads = [Asking(batcher, predictor, requests[0])]
    started(passes)
    for number, texts in enumerate(requests[1:], 1):
        threads.append(Asking(batcher, predictor, texts))
        in_line(batcher, number)
    passes.go_on.set()
    return [thread.outcome() for thread in threads]


def test_those_that_wait_share_a_pass_and_have_the_digits_of_one_alone(
    batcher, predictor, passes
):
    requests = [[text] for text in SHORT] + [["bad", "great film"]]
    found = all_while_busy(batcher, predictor, passes, requests)
    assert passes.texts[:2] == [1, len(SHORT) + 1]
    assert found == [predictor.predict_each(texts) for texts in requests]


class SleptClock:
    """A clock on which time passes only while somebody sleeps."""

    def __init__(self):
        self.slept = 0.0

    def now(self):
        return self.slept

    def sleep(self, seconds):
        self.slept += seconds

    def slept_in(self, call):
        before = self.slept
        call()
        return self.slept - before


@pytest.fixture
def clock():
    return SleptClock()


@pytest.fixture
def ask_good(arrivals, places, predictor, clock):
    """Ask a batcher that has this clock for a short text."""
    batcher = Batcher(Metrics(), arrivals, places, Clock(clock.now, clock.sleep))
    return lambda: batcher.predict_each(predictor, ["good"], Deadline.after(60))


def test_a_thread_alone_waits_for_nobody(arrivals, clock, ask_good):
    arrivals.queue_for_thread()
    arrivals.taken_by_thread()
    assert clock.slept_in(ask_good) == 0


def test_a_pass_waits_a_moment_for_a_request_that_is_on_its_way(
    batcher, arrivals, predictor, monkeypatch
):
    monkeypatch.setattr("service.queueing.batcher._WAIT_SECONDS", 20)
    arrivals.queue_for_thread()
    first = Asking(batcher, predictor, ["good"])
    time.sleep(0.1)
    assert first.answers is None

    def other():
        arrivals.taken_by_thread()
        batcher.predict_each(predictor, ["bad"], Deadline.after(60))

    thread = threading.Thread(target=other)
    thread.start()
    assert first.outcome() == predictor.predict_each(["good"])
    thread.join(60)


def test_whoever_does_not_come_is_waited_for_once(arrivals, clock, ask_good):
    """A client that stalls midway must not cost each request its two milliseconds."""
    arrivals.queue_for_thread()
    assert clock.slept_in(ask_good) > 0
    assert clock.slept_in(ask_good) == 0


def test_a_pass_waits_a_couple_of_milliseconds_at_most(arrivals, clock, ask_good):
    for _ in range(3):
        arrivals.queue_for_thread()
        assert 0.002 < clock.slept_in(ask_good) < 0.003


@pytest.mark.parametrize("others", [0, 4])
def test_short_texts_do_not_stand_behind_a_long_one(
    batcher, predictor, passes, monkeypatch, others
):
    """Nor behind one among short texts: those are padded to its length."""
    monkeypatch.setattr("service.queueing.batcher.SHORT_TOKENS", 40 + 20 * others)
    texts = [LONG, *["good"] * others]
    long = Asking(batcher, predictor, texts)
    started(passes)
    short = Asking(batcher, predictor, ["good"])
    assert short.outcome() is not None
    assert long.answers is None
    passes.go_on.set()
    assert long.outcome() == predictor.predict_each(texts)


def test_texts_of_unlike_length_do_not_share_a_pass(batcher, predictor, passes):
    middling = "good " * 100
    requests = [["good"], ["bad"], [middling], ["great film"]]
    found = all_while_busy(batcher, predictor, passes, requests)
    assert passes.texts == [1, 2, 1]
    assert found == [predictor.predict_each(texts) for texts in requests]


def test_a_pass_stays_within_the_budget(batcher, predictor, passes, monkeypatch):
    monkeypatch.setattr("service.queueing.batcher.TOKEN_BUDGET", 3 * 16)
    all_while_busy(batcher, predictor, passes, [["good"]] * 8)
    assert passes.texts == [1, 3, 3, 1]


def test_another_model_has_a_pass_of_its_own(batcher, predictor, passes, artifact):
    other = type(predictor)(artifact)
    first = Asking(batcher, predictor, ["good"])
    started(passes)
    second, third = (Asking(batcher, one, ["bad"]) for one in (other, predictor))
    in_line(batcher, 2)
    passes.go_on.set()
    assert all(thread.outcome() for thread in (first, second, third))
    assert passes.texts == [1, 1]


def test_a_model_whose_digits_change_in_company_computes_each_by_itself(
    batcher, predictor, passes, monkeypatch
):
    monkeypatch.setattr(predictor, "requests_are_batch_invariant", False)
    all_while_busy(batcher, predictor, passes, [[text] for text in SHORT])
    assert passes.texts == [1] * len(SHORT)


def test_who_waited_past_its_deadline_does_not_compute(batcher, predictor, passes):
    first = Asking(batcher, predictor, ["good"])
    started(passes)
    late = Asking(batcher, predictor, ["bad"], Deadline.after(0.001))
    # In line it does not look at the clock: it does when its turn comes.
    in_line(batcher, 1)
    time.sleep(0.5)
    passes.go_on.set()
    first.join(60)
    late.join(60)
    assert isinstance(late.error, DeadlineError)
    assert not late.error.in_parts
    assert passes.texts == [1]
    # The lock is free for the next.
    assert batcher.predict_each(predictor, ["good"], Deadline.after(60))


def test_a_failing_pass_fails_for_all_who_share_it_and_for_nobody_after(
    batcher, predictor, passes, monkeypatch
):
    first = Asking(batcher, predictor, ["good"])
    started(passes)
    others = [Asking(batcher, predictor, ["bad"]) for _ in range(3)]
    in_line(batcher, 3)

    def broken(_sequences):
        raise RuntimeError("no memory")

    monkeypatch.setattr(predictor, "probabilities", broken)
    passes.go_on.set()
    assert first.outcome() is not None
    for other in others:
        other.join(60)
        assert isinstance(other.error, RuntimeError)
    monkeypatch.undo()
    assert batcher.predict_each(predictor, ["good"], Deadline.after(60))


@pytest.mark.parametrize(
    "where",
    [
        "service.queueing.batcher.Sequences.joined",
        "service.queueing.batcher._Pass.waited",
        "service.observability.pass_metrics.PassMetrics.count",
    ],
)
def test_nobody_is_left_asleep_whatever_fails_around_a_pass(
    batcher, predictor, passes, monkeypatch, where
):
    """Threads that had been called out for a pass that broke first slept for ever."""
    first = Asking(batcher, predictor, ["good"])
    started(passes)
    others = [Asking(batcher, predictor, ["bad"]) for _ in range(3)]
    in_line(batcher, 3)

    def broken(*_arguments):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(where, broken)
        passes.go_on.set()
        for thread in (first, *others):
            thread.join(60)
            assert not thread.is_alive()
    assert any(other.error for other in others)
    assert batcher.predict_each(predictor, ["good"], Deadline.after(60))


def test_many_threads_get_each_its_own_answer(batcher, predictor):
    texts = [f"{a} {b} {c}" for a in SHORT for b in SHORT for c in ("film", LONG)]
    expected = dict(zip(texts, predictor.predict_each(texts), strict=True))
    wrong = []

    def ask(mine):
        for text in mine:
            (found,) = batcher.predict_each(predictor, [text], Deadline.after(60))
            if found != expected[text]:
                wrong.append(text)

    threads = [threading.Thread(target=ask, args=(texts[at::8],)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_the_wait_for_a_turn_is_counted_apart_from_that_for_a_pass():
    metrics = Metrics()
    batcher = Batcher(metrics, Arrivals(100, 10), Places(8, 10))
    count = metrics.registry.get_sample_value

    def wait():
        with batcher.exclusive(Deadline.after(60)):
            pass

    with ThreadPoolExecutor() as threads:
        with batcher.exclusive(Deadline.after(60)):
            waiting = threads.submit(wait)
            in_line(batcher, 1)
            time.sleep(0.2)
        waiting.result()
    assert count("sentiment_turn_wait_seconds_count") == 2
    assert 0.2 <= count("sentiment_turn_wait_seconds_sum") < 60
    # The last to get its turn left nobody waiting.
    assert count("sentiment_waiting_requests") == 0
    # The first waited for nobody.
    assert count("sentiment_turn_wait_seconds_bucket", {"le": "0.1"}) == 1
    assert count("sentiment_pass_wait_seconds_count") == 0


def test_a_long_computation_lets_others_have_their_turn_in_a_pause(batcher):
    """A file of one row waited until a long text was explained to its end."""
    order = []

    def other():
        with batcher.exclusive(Deadline.after(60)):
            order.append("other")

    with (
        ThreadPoolExecutor() as threads,
        batcher.exclusive(Deadline.after(60)) as pause,
    ):
        waiting = threads.submit(other)
        in_line(batcher, 1)
        pause()
        order.append("again")
        waiting.result(60)
    assert order == ["other", "again"]


def test_a_pause_after_the_deadline_ends_the_work_and_frees_the_turn(batcher):
    def work():
        with batcher.exclusive(Deadline.after(0.1)) as pause:
            time.sleep(0.2)
            pause()

    with pytest.raises(DeadlineError, match="in parts"):
        work()
    with batcher.exclusive(Deadline.after(60)):
        pass


def test_what_waits_for_its_turn_or_for_a_place_is_shown_as_waiting(predictor):
    metrics, places = Metrics(), Places(2, 10)
    batcher = Batcher(metrics, Arrivals(100, 10), places)

    def explain():
        with batcher.place(Deadline.after(60)), batcher.exclusive(Deadline.after(60)):
            pass

    def waiting():
        return metrics.registry.get_sample_value("sentiment_waiting_requests")

    with ThreadPoolExecutor() as threads:
        with batcher.exclusive(Deadline.after(60)):
            asked = [threads.submit(explain) for _ in range(4)]
            in_line(batcher, 2)
            wait_for(lambda: places.waiting_requests == 2, "two without a place")
            # A pass of short texts goes past them.
            batcher.predict_each(predictor, ["good"], Deadline.after(60))
            assert waiting() == 4
        for one in asked:
            one.result()
    assert waiting() == 0
