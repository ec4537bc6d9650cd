"""An answer leaves in as few pieces as it can; none of it is held back."""

import socket

import pytest

from service.door.sending import Gathered


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    with ours, theirs:
        yield Gathered(ours), theirs


def test_the_head_leaves_with_the_first_piece_of_the_body(ends):
    client, other = ends
    client.sendall(b"head,")
    with pytest.raises(BlockingIOError):
        other.recv(100)
    client.sendall(b"first,")
    assert other.recv(100) == b"head,first,"


def test_later_pieces_leave_at_once(ends):
    client, other = ends
    for piece in (b"head,", b"first,", b"second,"):
        client.sendall(piece)
    assert other.recv(100) == b"head,first,second,"
    client.sendall(b"third")
    assert other.recv(100) == b"third"


def test_an_answer_without_a_body_is_its_head_once(ends):
    client, other = ends
    client.sendall(b"head")
    client.flush()
    client.flush()
    assert other.recv(100) == b"head"


def test_what_is_no_part_of_an_answer_does_not_wait(ends):
    client, other = ends
    client.send(b"100 Continue")
    assert other.recv(100) == b"100 Continue"
    client.sendall(b"head")
    client.flush()
    assert other.recv(100) == b"head"
