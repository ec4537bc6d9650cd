"""Answers taken apart by hand: as bytes, and one of several on a connection."""

import json
import socket
from typing import Any


def parts_of(answer: bytes) -> tuple[str, dict[str, str], bytes]:
    """Return an answer's first line, its headers as they were written, and its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


def head_on(connection: socket.socket) -> bytes:
    """Return the head of the next answer, and leave what follows it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    return head


def json_on(connection: socket.socket) -> Any:
    """Return the JSON of the next answer, and leave what follows it."""
    length = int(head_on(connection).lower().split(b"content-length:")[1].split()[0])
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return json.loads(body)
