"""What can be known of a request that is left where it lies."""

import socket
import time

import pytest
from open_loop import prediction_request
from running import wait_for

from service.door import peeking
from service.door.peeking import has_left, tcp_state_of, whole_request

REQUEST = prediction_request(text="good")


def test_a_whole_request_is_seen_in_its_parts_and_stays(pair):
    ours, theirs = pair
    theirs.sendall(REQUEST)
    for _ in range(2):
        found = whole_request(ours)
        assert found is not None
        assert found.size == len(REQUEST)
        assert found.is_seen
        assert found.body == b'{"text": "good"}'
        assert found.headers[b"content-type"] == b"application/json"
        assert found.headers[b"host"] == b"test"
        assert b"type" not in found.headers


def test_of_a_repeated_header_the_first_is_seen(pair):
    ours, theirs = pair
    repeated = b"\r\nX-A:\t one \r\nx-a: two\r\n\r\n"
    theirs.sendall(REQUEST.replace(b"\r\n\r\n", repeated))
    assert whole_request(ours).headers[b"x-a"] == b"one"


def test_a_client_that_has_hung_up_is_known_whatever_it_sent(pair):
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
        with ours:
            client.sendall(REQUEST)
            assert not tcp_state_of(ours).has_hung_up
            client.close()
            wait_for(lambda: tcp_state_of(ours).has_hung_up, "the end of the client")
    # A proxy may come by a Unix socket, which does not tell.
    assert not tcp_state_of(pair[0]).has_hung_up


def test_who_has_left_without_a_word_is_known(pair):
    ours, theirs = pair
    assert not has_left(ours)
    theirs.sendall(b"a")
    assert not has_left(ours)
    theirs.close()
    assert not has_left(ours)
    ours.recv(1)
    assert has_left(ours)


def test_it_is_known_how_long_a_request_has_lain():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
        with client, ours:
            time.sleep(0.2)
            client.sendall(REQUEST)
            sent = time.monotonic()
            early = tcp_state_of(ours).waited
            assert early <= time.monotonic() - sent + 0.05
            time.sleep(0.3)
            late = tcp_state_of(ours).waited
            assert 0.25 < late <= time.monotonic() - sent + 0.05
            # A look changes nothing.
            whole_request(ours)
            assert tcp_state_of(ours).waited >= late


def test_of_a_large_request_the_head_is_seen_and_that_it_is_whole(pair):
    ours, theirs = pair
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
    large = prediction_request(text="good " * 20_000)
    theirs.sendall(large[:-1])
    assert whole_request(ours) is None
    theirs.sendall(large[-1:])
    found = whole_request(ours)
    assert found.size == len(large)
    assert not found.is_seen
    assert large.startswith(found.head + b"\r\n" + found.body)


def test_a_request_with_a_long_head_or_too_large_is_for_a_thread(pair):
    ours, theirs = pair
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**21)
    long_head = REQUEST.replace(b"\r\n\r\n", b"\r\nX-A: %s\r\n\r\n" % (b"a" * 9_000))
    for request in (long_head, prediction_request(text="good " * 60_000)):
        theirs.sendall(request)
        assert whole_request(ours) is None
        assert ours.recv(len(request), socket.MSG_WAITALL) == request


def test_a_silent_or_gone_client_is_for_a_thread(pair):
    ours, theirs = pair
    assert whole_request(ours) is None
    theirs.close()
    assert whole_request(ours) is None
    ours.close()
    assert whole_request(ours) is None


@pytest.mark.parametrize("ending", [b"\n", b"\r", b"x\n"])
def test_a_header_of_very_many_blanks_is_seen_in_no_time(pair, ending):
    ours, theirs = pair
    named = b"\r\nAuthorization:" + b" " * 7_500 + ending + b"x\r\n\r\n"
    request = REQUEST.replace(b"\r\n\r\n", named)
    theirs.sendall(request)
    began = time.thread_time()
    for _ in range(10):
        assert whole_request(ours).headers[b"authorization"] == ending + b"x"
    # Some tenths of a millisecond; half a second where blanks are shared out.
    assert time.thread_time() - began < 0.2


def test_what_comes_while_one_looks_was_not_seen(pair, monkeypatch):
    """The body that was seen may be JSON, and the whole of it none."""
    ours, theirs = pair
    request = prediction_request(text="good") + b" x"
    request = request.replace(b"Content-Length: 16", b"Content-Length: 18")
    theirs.sendall(request[:-2])
    monkeypatch.setattr(peeking, "_bytes_in", lambda _client: len(request))
    assert whole_request(ours).is_seen is False
