"""Which requests the worker's loop answers by itself."""

import pytest
from open_loop import prediction_request

from service.door.at_hand import text_at_hand
from service.door.peeking import whole_request

REQUEST = prediction_request(text="good")


@pytest.fixture
def service(make_app):
    return make_app().extensions["sentiment"]


def seen(pair, service, request):
    ours, theirs = pair
    theirs.sendall(request)
    whole = whole_request(ours)
    found = whole and text_at_hand(ours, whole, service)
    # Looking takes nothing away.
    assert ours.recv(len(request) + 1) == request
    return found


def test_one_short_text_is_for_the_loop(pair, service):
    assert seen(pair, service, REQUEST) == "good"
    bounded = prediction_request(text="näh 🙂", min_confidence=0.5)
    assert seen(pair, service, bounded) == "näh 🙂"


@pytest.mark.parametrize(
    "request_",
    [
        prediction_request(texts=["good"]),
        prediction_request(text="good", explain=True),
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
def test_all_else_is_for_a_thread(pair, service, request_):
    assert seen(pair, service, request_) is None


def test_a_client_who_does_not_take_its_answers_is_for_a_thread(pair, service):
    ours, theirs = pair
    ours.sendall(b"an answer that is not read")
    assert seen(pair, service, REQUEST) is None
    theirs.recv(65_536)
    assert seen(pair, service, REQUEST) == "good"


def test_nobody_is_read_ahead_without_the_key_that_is_wanted(pair, make_app, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("open-sesame\n")
    guarded = make_app(api_keys_file=keys).extensions["sentiment"]
    assert seen(pair, guarded, REQUEST) is None
    for sent, expected in (("sesame", None), ("open-sesame", "good")):
        header = f"\r\nAuthorization: Bearer {sent}\r\n\r\n".encode()
        named = REQUEST.replace(b"\r\n\r\n", header)
        assert seen(pair, guarded, named) == expected


def test_a_client_who_has_gone_is_for_a_thread(pair, service):
    ours, theirs = pair
    theirs.sendall(REQUEST)
    whole = whole_request(ours)
    ours.close()
    assert text_at_hand(ours, whole, service) is None
