"""Requests that are turned away are told in few lines, and all of them."""

import json
import logging
from types import SimpleNamespace

import pytest

from service.door.shed_log import ShedLog
from service.observability.log_lines import JsonFormatter


@pytest.fixture
def clock(monkeypatch):
    """The clock that it looks at, for the test to move."""
    clock = SimpleNamespace(now=50.0)
    monkeypatch.setattr(
        "service.door.shed_log.time",
        SimpleNamespace(monotonic=lambda: clock.now),
    )
    return clock


@pytest.fixture
def told(caplog):
    """Return how many requests each line told of."""
    caplog.set_level(logging.INFO)
    return lambda: [record.fields["requests"] for record in caplog.records]


def test_the_first_is_told_at_once_and_the_others_together(clock, told):
    shed_log = ShedLog()
    for _ in range(1_000):
        shed_log.count("/predict")
        clock.now += 1 / 256
    assert told() == [1, 256, 256, 256]
    clock.now += 1
    shed_log.write()
    assert told() == [1, 256, 256, 256, 231]


def test_the_last_are_told_though_nobody_comes_any_more(clock, told):
    shed_log = ShedLog()
    for _ in range(3):
        shed_log.count("/predict")
    shed_log.write()
    assert told() == [1]
    clock.now += 1
    shed_log.write()
    shed_log.write()
    assert told() == [1, 2]


def test_at_the_end_all_are_told_whatever_the_time(clock, told):
    shed_log = ShedLog()
    for _ in range(3):
        shed_log.count("/predict")
    shed_log.write(at_once=True)
    assert told() == [1, 2]


def test_of_none_there_is_no_line(clock, told):
    ShedLog().write(at_once=True)
    assert told() == []


def test_a_line_has_the_code_that_the_clients_were_answered(clock, caplog):
    ShedLog().count("/predict")
    (record,) = caplog.records
    line = json.loads(JsonFormatter().format(record))
    assert (line["level"], line["code"], line["requests"]) == (
        *("warning", "overloaded"),
        1,
    )


def test_a_line_tells_how_many_there_were_at_each_address(clock, caplog):
    shed_log = ShedLog()
    for route in ("/", "/predict", "/", "/"):
        shed_log.count(route)
    shed_log.write(at_once=True)
    lines = [record.fields["routes"] for record in caplog.records]
    assert lines == [{"/": 1}, {"/predict": 1, "/": 2}]
