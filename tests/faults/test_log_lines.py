"""Each line of both logs stays one JSON object, whatever a client sends."""

import contextlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import wait_for, whole_lines
from small_service import Behind

pytestmark = pytest.mark.system

SECRET = b"zanzibar"
NASTY = [
    *(
        b"\n",
        b"\r",
        b"\r\n",
        b'"',
        b"\\",
        b"}",
        b'{"level":"error"}',
        b"\x00",
        b"\x1b[2J",
    ),
    *(b"\x7f", b"\x85", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x80\xa8"),
    *(
        b"%0a",
        b"%0d%0a",
        b"%22",
        b"%ff",
        b"%00",
        b"%c0%af",
        b"%5c",
        b"\t",
        b" ",
        b"$uri",
    ),
]


def requests() -> Iterator[bytes]:
    """Yield requests with something nasty wherever a client can put something."""
    for nasty in NASTY:
        odd = b"a" + nasty + SECRET
        line = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
        end = b"\r\nConnection: close\r\n\r\n"
        yield b"GET /" + odd + b" HTTP/1.1\r\nHost: x" + end
        yield b"GET /info?" + odd + b" HTTP/1.1\r\nHost: x" + end
        yield b"G" + nasty + b"T /info HTTP/1.1\r\nHost: x" + end
        yield b"GET /info HTTP/1." + nasty + b"\r\nHost: x" + end
        yield b"GET /info HTTP/1.1\r\nHost: " + odd + end
        for name in (b"X-Request-Id", b"User-Agent", b"Referer", b"Cookie", odd):
            yield line.replace(b"healthz", b"info") + name + b": " + odd + end
        body = b'{"text": "' + odd + b'", "' + odd + b'": 1}'
        yield (
            b"POST /predict?" + nasty + b" HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )
    # What nginx would tell of in words of its own.
    yield b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    yield SECRET * 3_000 + b"\r\n\r\n"
    noise = random.Random(8)
    for _ in range(60):
        yield noise.randbytes(40) + b"\r\n\r\n"


def whole_lines_up_to_now(behind: Behind, log: Path) -> bytes:
    """Return what a log says of all requests so far: lines come a moment later."""
    request_id = f"last-{log.name}"
    assert behind.proxy.get("/info", **{"X-Request-Id": request_id}).status == 200
    wait_for(lambda: request_id.encode() in whole_lines(log), "the last line")
    return whole_lines(log)


def test_every_line_is_one_object_and_holds_nothing_of_a_text(behind, record_figure):
    sent = list(requests())
    statuses = []
    for way in (behind.proxy, behind.service):
        way.timeout = 2
        for request in sent:
            with contextlib.suppress(OSError):
                answer = way.raw(request)
                statuses.append(int(answer[9:12]) if answer[:5] == b"HTTP/" else 0)
    # A body that goes to the disk, an answer that does: nginx would warn of both.
    for path in ("/predict", "/predict/csv"):
        kind = "text/csv" if "csv" in path else "application/json"
        rows = b"text\n" + b"good film\n" * 60_000
        behind.proxy.call("POST", path, rows, {"Content-Type": kind})
    lines = 0
    for log in (behind.proxy_log, behind.service_log):
        content = whole_lines_up_to_now(behind, log)
        # Before its line's end, no other: not even what only some readers take for one.
        for line in content.decode("utf-8").splitlines():
            assert isinstance(json.loads(line), dict)
            lines += 1
        assert log == behind.proxy_log or SECRET not in content
    record_figure(
        "requests with something nasty, to nginx and to the service",
        "each line of both logs is one JSON object, no 500",
        f"{len(statuses)} requests, {lines:d} lines, all JSON; {statuses.count(500)} "
        "answers of 500",
    )
    assert lines > len(sent)
    assert statuses.count(500) == 0
