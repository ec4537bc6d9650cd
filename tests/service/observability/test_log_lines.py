"""One line of JSON a request: what was asked and how it went, never a text."""

import io
import json
import logging
import threading

import pytest
from running import wait_for

from service.observability.log_lines import BatchedLines, JsonFormatter

SECRET = "zanzibar"


@pytest.fixture
def lines(caplog):
    """Return the lines that were written for requests, as an operator reads them."""
    caplog.set_level(logging.INFO)
    formatter = JsonFormatter()

    def read(name="service.requests"):
        return [
            json.loads(formatter.format(record))
            for record in caplog.records
            if record.name == name
        ]

    return read


def test_a_request_leaves_one_line(client, lines):
    answer = client.post("/predict", json={"texts": ["good film", "bad"]})
    (line,) = lines()
    assert line["ms"] > 0
    assert {
        name: line[name]
        for name in ("level", "method", "route", "status", "model", "texts", "tokens")
    } == {
        "level": "info",
        "method": "POST",
        "route": "/predict",
        "status": 200,
        "model": "untrained-1",
        "texts": 2,
        "tokens": 3,
    }
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert line["time"].endswith("+00:00")


def test_a_refusal_leaves_its_code(client, lines):
    client.post("/predict", json={"text": ""})
    client.get("/nowhere")
    assert [line["code"] for line in lines()] == ["empty_text", "not_found"]
    assert [line["route"] for line in lines()] == ["/predict", "none"]


def test_a_streamed_answer_is_logged_when_it_ends(client, lines):
    with client.post(
        "/predict/csv", data=b"text\ngood\n", content_type="text/csv"
    ) as answer:
        assert lines() == []
        answer.get_data()
    (line,) = lines()
    assert (line["route"], line["status"]) == ("/predict/csv", 200)
    assert "broken" not in line


def test_a_client_that_leaves_midway_is_seen(client, lines):
    rows = b"text\n" + b"good film\n" * 20_000
    answer = client.post("/predict/csv", data=rows, content_type="text/csv")
    next(iter(answer.response))
    answer.close()
    (line,) = lines()
    assert line["broken"] is True


def sends(client):
    """Put the secret wherever a client can put one."""
    json_type = {"Content-Type": "application/json"}
    yield client.post("/predict", json={"text": SECRET})
    yield client.post("/predict", json={"texts": [SECRET, "", {"id": 1, "text": "a"}]})
    yield client.post("/predict", json={"text": f"{SECRET} " * 5000})
    yield client.post("/predict", json={SECRET: 1, "text": "a"})
    yield client.post("/predict", json={"text": SECRET, "explain": SECRET})
    yield client.post("/predict", json={"texts": [{"id": SECRET, "text": 3}]})
    yield client.post("/predict", data=f'{{"{SECRET}', headers=json_type)
    yield client.post("/predict", data=SECRET, content_type=f"text/{SECRET}")
    yield client.post("/predict?text=" + SECRET, json={"text": "a"})
    yield client.get(f"/{SECRET}")
    yield client.open("/predict", method=SECRET.upper())
    for header in ("X-Request-Start", "Authorization", "User-Agent", "Referer"):
        yield client.get("/healthz", headers={header: SECRET})
    for body in (f"{SECRET}\n{SECRET}\n", f"a,b\n{SECRET},{SECRET}\n"):
        with client.post(
            f"/predict/csv?text_column={SECRET}", data=body, content_type="text/csv"
        ) as answer:
            answer.get_data()
            yield answer


def test_no_line_holds_a_text(client, caplog):
    caplog.set_level(logging.DEBUG)
    formatter = JsonFormatter()
    assert len(list(sends(client))) > 10
    written = [formatter.format(record) for record in caplog.records]
    assert len(written) > 10
    assert [line for line in written if SECRET in line.lower()] == []


def test_a_line_stays_one_whatever_is_in_it():
    nasty = 'a\nb\r\n"c"\x00\u2028\u2029\u202e\ud800{"level":"error"}'
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (nasty,), None)
    record.fields = {"request_id": nasty}
    line = JsonFormatter().format(record)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == nasty
    assert json.loads(line)["level"] == "info"


def test_an_exception_is_told_by_where_it_happened_not_by_its_words():
    def fail():
        raise ValueError(SECRET)

    try:
        fail()
    except ValueError:
        import sys

        record = logging.LogRecord(
            "x", logging.ERROR, "", 0, "broken", (), sys.exc_info()
        )
    line = JsonFormatter().format(record)
    assert SECRET not in line
    assert json.loads(line)["error"] == "ValueError"
    assert "in fail" in json.loads(line)["frames"]


class Pipe(io.RawIOBase):
    """A file that remembers what it was given at once, and may take a part of it."""

    def __init__(self, takes=10**6):
        self.pieces = []
        self._takes = takes

    def write(self, piece):
        self.pieces.append(bytes(piece[: self._takes]))
        return len(self.pieces[-1])

    def lines(self):
        return [json.loads(line) for line in b"".join(self.pieces).splitlines()]


class Deaf(io.RawIOBase):
    """A file that nobody reads any more."""

    def write(self, piece):
        raise BrokenPipeError(len(piece))


def logger_to(stream):
    handler = BatchedLines(stream)
    handler.setFormatter(JsonFormatter())
    log = logging.Logger("requests")
    log.addHandler(handler)
    return log, handler


def test_a_pipe_that_is_full_is_waited_for_without_a_processor(monkeypatch):
    """One that does not wait by itself, as some supervisors pass on, was asked anew."""

    class Full(Pipe):
        times = 3

        def write(self, piece):
            if self.times:
                self.times -= 1
                return None
            return super().write(piece)

    slept = []
    monkeypatch.setattr("service.observability.log_lines.time.sleep", slept.append)
    pipe = Full()
    log, _ = logger_to(pipe)
    log.warning("now")
    assert len(slept) == 3
    assert [line["message"] for line in pipe.lines()] == ["now"]


def test_lines_of_many_threads_are_written_a_moment_later_whole_and_in_order():
    pipe = Pipe()
    log, _ = logger_to(pipe)

    def ask(thread):
        for number in range(200):
            log.info("", extra={"fields": {"thread": thread, "number": number}})

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: b"".join(pipe.pieces).count(b"\n") == 800, "lines")
    lines = pipe.lines()
    for thread in range(4):
        numbers = [line["number"] for line in lines if line["thread"] == thread]
        assert numbers == list(range(200))
    assert len(pipe.pieces) < 800
    assert all(len(piece) <= 4096 and piece.endswith(b"\n") for piece in pipe.pieces)


def test_a_line_of_any_length_is_written():
    pipe = Pipe(takes=1_000)
    log, handler = logger_to(pipe)
    log.info("a" * 10_000)
    handler.flush()
    (line,) = pipe.lines()
    assert line["message"] == "a" * 10_000


def test_a_warning_is_written_at_once_after_what_came_before():
    pipe = Pipe()
    log, _ = logger_to(pipe)
    log.info("first")
    log.warning("second")
    assert [line["message"] for line in pipe.lines()] == ["first", "second"]


def test_a_log_that_nobody_reads_stops_nothing_and_fills_nothing():
    log, handler = logger_to(Deaf())
    log.info("first")
    log.warning("second")
    handler.flush()
    assert not handler._lines


def test_where_the_log_is_read_slowly_requests_wait_rather_than_fill_the_memory(
    monkeypatch,
):
    monkeypatch.setattr("service.observability.log_lines._MOST_LINES", 10)
    monkeypatch.setattr("service.observability.log_lines._MOMENT_SECONDS", 60)
    pipe = Pipe()
    log, handler = logger_to(pipe)
    for number in range(35):
        log.info("%s", number)
        assert len(handler._lines) <= 10
    assert len(pipe.lines()) == 33
