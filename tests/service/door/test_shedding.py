"""A request is turned away as whole as it came, or left for a thread."""

import json

import pytest
from open_loop import prediction_request
from raw_answers import parts_of

from service.door.peeking import whole_request
from service.door.shedding import Outcome, turn_away, turn_away_unread

REQUEST = prediction_request(text="good")


def answer_to(pair, request):
    ours, theirs = pair
    theirs.sendall(request)
    whole = whole_request(ours)
    if whole is None:
        return None
    outcome = turn_away(ours, whole, "busy")
    first, headers, body = parts_of(theirs.recv(65536))
    assert first == "HTTP/1.1 503 Service Unavailable"
    assert int(headers["Content-Length"]) == len(body)
    stays = headers["Connection"] == "keep-alive"
    assert outcome is (Outcome.REFUSED_STAYS if stays else Outcome.REFUSED_GOES)
    return headers, json.loads(body)


def test_a_request_turned_away_is_told_what_any_refusal_says(pair, make_app):
    headers, body = answer_to(pair, REQUEST)
    app = make_app(max_texts=4, max_waiting_texts=4)
    with app.extensions["sentiment"].text_admission.admit(4):
        other = app.test_client().post("/predict", json={"text": "good"})
    assert set(headers) - {"Connection"} == set(other.headers.keys())
    for name in set(headers) - {"Connection", "Content-Length", "X-Request-Id"}:
        assert headers[name] == other.headers[name]
    assert set(body) == set(other.json)
    assert (body["code"], body["detail"]) == ("overloaded", "busy")
    assert body["request_id"] == headers["X-Request-Id"]


def test_the_connection_serves_the_next_request(pair):
    for _ in range(2):
        assert answer_to(pair, REQUEST) is not None


@pytest.mark.parametrize(("sent", "taken"), [("a-1", True), ("a b", False)])
def test_the_clients_id_is_taken_if_it_is_harmless(pair, sent, taken):
    named = REQUEST.replace(b"\r\n\r\n", f"\r\nX-Request-Id: {sent}\r\n\r\n".encode())
    headers, _ = answer_to(pair, named)
    assert (headers["X-Request-Id"] == sent) is taken


@pytest.mark.parametrize(("value", "stays"), [("close", False), ("Keep-Alive", True)])
def test_the_client_says_whether_it_stays(pair, value, stays):
    ending = f"\r\nConnection: {value}\r\n\r\n".encode()
    headers, _ = answer_to(pair, REQUEST.replace(b"\r\n\r\n", ending))
    assert (headers["Connection"] == "keep-alive") is stays


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: test\r\n\r\n",
        REQUEST.replace(b"/predict ", b"/predict/csv "),
        REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0"),
        REQUEST[:-3],
        REQUEST[:40],
        REQUEST + REQUEST,
        REQUEST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"),
        REQUEST.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        REQUEST.replace(b"Content-Length", b"X-Length"),
        b"\x16\x03\x01 no HTTP\r\n\r\n",
    ],
)
def test_a_request_that_is_not_plain_and_whole_is_left_as_it_is(pair, request_):
    assert answer_to(pair, request_) is None
    assert pair[0].recv(65536) == request_


def test_a_large_request_is_turned_away_with_its_whole_body(pair):
    for _ in range(2):
        assert answer_to(pair, prediction_request(text="good " * 20_000)) is not None


def test_a_client_who_has_gone_is_left_to_a_thread(pair):
    ours, theirs = pair
    theirs.sendall(REQUEST)
    whole = whole_request(ours)
    theirs.close()
    assert turn_away(ours, whole, "busy") is Outcome.LET_IN


@pytest.mark.parametrize(
    ("sent", "method", "path"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: a-1\r\n\r\n", "GET", "/"),
        (
            b"POST /predict/csv?a=b HTTP/1.1\r\nX-Request-Id: a-1\r\n",
            *("POST", "/predict/csv"),
        ),
        (b"BREW /a%20b HTTP/1.0\r\nX-Request-Id: a-1\r\n\r\nabc", "BREW", "/a%20b"),
        (b"GET /a", "", ""),
        (b"\x16\x03\x01 no HTTP\r\n\r\n", "", ""),
    ],
)
def test_what_is_not_read_is_told_the_same_and_that_it_ends(pair, sent, method, path):
    ours, theirs = pair
    theirs.sendall(sent)
    assert turn_away_unread(ours, "busy") == (method, path)
    first, headers, body = parts_of(theirs.recv(65_536))
    assert first == "HTTP/1.1 503 Service Unavailable"
    assert headers["Connection"] == "close"
    assert headers["Retry-After"] == "1"
    said = json.loads(body)
    assert (said["code"], said["detail"]) == ("overloaded", "busy")
    assert said["request_id"] == headers["X-Request-Id"]
    assert (said["request_id"] == "a-1") is (method != "")
    assert ours.recv(65_536) == sent


def test_to_head_there_is_a_head(pair):
    ours, theirs = pair
    theirs.sendall(b"HEAD / HTTP/1.1\r\n\r\n")
    assert turn_away_unread(ours, "busy").method == "HEAD"
    _, headers, body = parts_of(theirs.recv(65_536))
    assert int(headers["Content-Length"]) > 0
    assert body == b""


def test_a_client_who_has_gone_is_told_nothing(pair):
    ours, theirs = pair
    theirs.close()
    assert turn_away_unread(ours, "busy") == ("", "")
