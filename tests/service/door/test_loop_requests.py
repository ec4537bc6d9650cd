"""Which requests the worker's loop answers by itself."""

import pytest
from open_loop import prediction_request

from service.door.loop_requests import plain_request
from service.door.peeking import whole_request

REQUEST = prediction_request(text="good")


def seen(pair, service, request):
    ours, theirs = pair
    theirs.sendall(request)
    whole = whole_request(ours)
    found = whole and plain_request(ours, whole, service)
    # Looking takes nothing away.
    assert ours.recv(len(request) + 1) == request
    return found and found.wants.plain_texts()


def test_a_few_short_texts_are_for_the_loop(pair, service):
    assert seen(pair, service, REQUEST) == ["good"]
    bounded = prediction_request(text="näh 🙂", min_confidence=0.5)
    assert seen(pair, service, bounded) == ["näh 🙂"]
    several = prediction_request(texts=["good", {"id": 7, "text": "bad"}])
    assert seen(pair, service, several) == ["good", "bad"]


@pytest.mark.parametrize(
    "request_",
    [
        prediction_request(texts=["good"], sentences=True),
        prediction_request(texts=["good", 7]),
        prediction_request(texts=[]),
        prediction_request(texts=["good"], text="good"),
        prediction_request(texts=["a"] * 17),
        prediction_request(text="good", explain=True),
        prediction_request(text="good", explain=False),
        prediction_request(text="good", sentences=True),
        prediction_request(text="good", txet="good"),
        prediction_request(text=7),
        prediction_request(text="good " * 500),
        REQUEST.replace(b'{"text": "good"}', b'{"text": "good"]'),
        REQUEST.replace(b'{"text": "good"}', b'["text", "good"]'),
        REQUEST.replace(
            b'{"text": "good"}', b"\xff\xff\xff\xff\xff\xff\xff\xff good  "
        ),
        prediction_request(text="good").replace(b'"good"', b'"good'),
        REQUEST[:-1],
        REQUEST + REQUEST,
        b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n",
    ],
)
def test_requests_that_are_not_plain_are_for_a_thread(pair, service, request_):
    assert seen(pair, service, request_) is None


def with_header(line):
    return REQUEST.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")


@pytest.mark.parametrize(
    "line",
    [
        b"Accept-Encoding: gzip, deflate, br",
        b"Connection: Keep-Alive",
        b"Connection: close",
        b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        b"X-Forwarded-Proto: https",
        b"X-Request-Start: t=1700000000.250",
        b"empty:",
    ],
)
def test_headers_that_say_nothing_new_are_for_the_loop(pair, service, line):
    assert seen(pair, service, with_header(line)) == ["good"]


@pytest.mark.parametrize(
    "line",
    [
        b"Connection: Upgrade, HTTP2-Settings",
        b"Content-Encoding: gzip",
        b"Content-Length: 16",
        b"Content-Type: text/plain",
        b"Expect: 100-continue",
        b"Host: another",
        b"TE: trailers",
        b"Transfer-Encoding: chunked",
        b"Upgrade: h2c",
        b"X-Forwarded-Ssl: on",
        b"no colon",
        b"not_plain: a",
        b"a: b\x01",
        b"a: \xe4",
        b" folded: a",
        b"blank : a",
        b"\r\n".join(b"a%d: b" % at for at in range(60)),
    ],
)
def test_headers_that_somebody_must_look_at_are_for_a_thread(pair, service, line):
    assert seen(pair, service, with_header(line)) is None


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        (b"application/json", b"Application/JSON; charset=UTF-8"),
        (b"application/json", b"text/plain"),
        (b"application/json", b"application/json; charset=latin-1"),
        (b"Host: test\r\n", b""),
        (b"Host: test", b"Host: a..b"),
        (b"Host: test", b"Host: " + b"a" * 64),
        (b"Host: test", b"Host: reviews.example:8000"),
        (b"Content-Type: application/json\r\n", b""),
    ],
)
def test_only_json_to_a_host_is_for_the_loop(pair, service, was, is_):
    expected = ["good"] if b"UTF-8" in is_ or b"example" in is_ else None
    assert seen(pair, service, REQUEST.replace(was, is_)) == expected


def test_what_is_larger_than_may_be_sent_is_for_a_thread(pair, make_app):
    small = make_app(max_body_bytes=15).extensions["sentiment"]
    assert seen(pair, small, REQUEST) is None


def test_a_client_who_does_not_take_its_answers_is_for_a_thread(pair, service):
    ours, theirs = pair
    ours.sendall(b"an answer that is not read")
    assert seen(pair, service, REQUEST) is None
    theirs.recv(65_536)
    assert seen(pair, service, REQUEST) == ["good"]


def test_nobody_is_read_ahead_without_the_key_that_is_wanted(pair, make_app, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("open-sesame\n")
    guarded = make_app(api_keys_file=keys).extensions["sentiment"]
    assert seen(pair, guarded, REQUEST) is None
    for sent, expected in (("sesame", None), ("open-sesame", ["good"])):
        header = f"\r\nAuthorization: Bearer {sent}\r\n\r\n".encode()
        named = REQUEST.replace(b"\r\n\r\n", header)
        assert seen(pair, guarded, named) == expected


def test_a_client_who_has_gone_is_for_a_thread(pair, service):
    ours, theirs = pair
    theirs.sendall(REQUEST)
    whole = whole_request(ours)
    ours.close()
    assert plain_request(ours, whole, service) is None
