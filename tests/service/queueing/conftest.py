"""A batcher, and a watch over the passes that it makes of the network."""

import threading

import pytest

from service.observability.metrics import Metrics
from service.queueing.arrivals import Arrivals
from service.queueing.batcher import Batcher
from service.queueing.places import Places


class Passes:
    def __init__(self, compute):
        self.texts = []
        self.go_on = threading.Event()
        self._compute = compute

    def __call__(self, sequences):
        self.texts.append(len(sequences.lengths))
        if len(self.texts) == 1:
            assert self.go_on.wait(60)
        return self._compute(sequences)


@pytest.fixture
def arrivals():
    return Arrivals(100, 10)


@pytest.fixture
def places():
    return Places(8, 10)


@pytest.fixture
def batcher(arrivals, places):
    return Batcher(Metrics(), arrivals, places)


@pytest.fixture
def passes(batcher, predictor, monkeypatch):
    """Watch the passes of the network; the first waits until it is let go on."""
    # Its own passes, once for each model, are not to be counted.
    assert predictor.requests_are_batch_invariant
    seen = Passes(predictor.probabilities)
    monkeypatch.setattr(predictor, "probabilities", seen)
    yield seen
    seen.go_on.set()


@pytest.fixture
def counted(predictor, monkeypatch):
    """The numbers of texts in the passes of the network, none of them held up."""
    assert predictor.requests_are_batch_invariant
    seen = Passes(predictor.probabilities)
    seen.go_on.set()
    monkeypatch.setattr(predictor, "probabilities", seen)
    return seen.texts
