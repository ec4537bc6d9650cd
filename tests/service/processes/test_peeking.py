"""What can be known of a request that is left where it lies."""

import socket
import time

import pytest
from open_loop import prediction_request
from traffic import wait_for

from service.processes.peeking import has_hung_up, whole_request

REQUEST = prediction_request(text="good")


def test_a_whole_request_is_seen_in_its_parts_and_stays(pair):
    ours, theirs = pair
    theirs.sendall(REQUEST)
    for _ in range(2):
        found = whole_request(ours)
        assert found is not None
        assert found.size == len(REQUEST)
        assert found.body == b'{"text": "good"}'
        assert found.value(b"content-type", rb"[^\r\n]*") == b"application/json"
        assert found.value(b"Host", rb"test") == b"test"
        assert found.value(b"host", rb"tes") is None
        assert found.value(b"type", rb".*") is None


def test_a_client_that_has_hung_up_is_known_whatever_it_sent(pair):
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
        with ours:
            client.sendall(REQUEST)
            assert not has_hung_up(ours)
            client.close()
            wait_for(lambda: has_hung_up(ours), "the end of the client")
    # A proxy may come by a Unix socket, which does not tell.
    assert not has_hung_up(pair[0])


@pytest.mark.parametrize("ending", [b"\n", b"\r", b"x\n"])
def test_a_header_of_very_many_blanks_is_seen_in_no_time(pair, ending):
    ours, theirs = pair
    named = b"\r\nAuthorization:" + b" " * 60_000 + ending + b"x\r\n\r\n"
    request = REQUEST.replace(b"\r\n\r\n", named)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
    theirs.sendall(request)
    found = whole_request(ours)
    began = time.thread_time()
    assert found.value(b"authorization", rb"[a-z]*") is None
    assert time.thread_time() - began < 1
