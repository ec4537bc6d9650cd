"""Requests that are turned away are told in few lines, and all of them."""

import json
import logging
from types import SimpleNamespace

import pytest

from service.door.shed_log import ShedLog
from service.observability.logging import JsonFormatter


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
        shed_log.count()
        clock.now += 1 / 256
    assert told() == [1, 256, 256, 256]
    clock.now += 1
    shed_log.write()
    assert told() == [1, 256, 256, 256, 231]


def test_the_last_are_told_though_nobody_comes_any_more(clock, told):
    shed_log = ShedLog()
    for _ in range(3):
        shed_log.count()
    shed_log.write()
    assert told() == [1]
    clock.now += 1
    shed_log.write()
    shed_log.write()
    assert told() == [1, 2]


def test_at_the_end_all_are_told_whatever_the_time(clock, told):
    shed_log = ShedLog()
    for _ in range(3):
        shed_log.count()
    shed_log.write(at_once=True)
    assert told() == [1, 2]


def test_of_none_there_is_no_line(clock, told):
    ShedLog().write(at_once=True)
    assert told() == []


def test_a_line_has_the_code_that_the_clients_were_answered(clock, caplog):
    ShedLog().count()
    (record,) = caplog.records
    line = json.loads(JsonFormatter().format(record))
    assert (line["level"], line["code"], line["requests"]) == (
        *("warning", "overloaded"),
        1,
    )
