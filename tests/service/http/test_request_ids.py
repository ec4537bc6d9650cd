"""A request keeps its caller's id where that is harmless, and has one in any case."""

import re
import subprocess
import sys

import pytest

PATHS = ["/healthz", "/info", "/", "/nowhere", "/openapi.json", "/metrics"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_an_id(client, path):
    identity = client.get(path).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", identity)


@pytest.mark.parametrize("sent", ["abc-123", "A.b_c-9", "x" * 64, "0"])
def test_a_harmless_id_is_taken_and_echoed(client, sent):
    answer = client.post(
        "/predict", json={"text": "good"}, headers={"X-Request-Id": sent}
    )
    assert answer.headers.getlist("X-Request-Id") == [sent]
    assert answer.json["request_id"] == sent


@pytest.mark.parametrize("sent", ["", " ", "x" * 65, "<b>", "a b", "a,b", "é", "a\tb"])
def test_a_foul_id_is_replaced(client, sent):
    answer = client.get("/healthz", headers={"X-Request-Id": sent})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_no_two_requests_are_given_the_same_id(client):
    given = {client.get("/healthz").headers["X-Request-Id"] for _ in range(50)}
    assert len(given) == 50


def test_no_two_workers_give_the_same_ids():
    # gunicorn's master has the module when it forks: all workers begin with its state.
    program = """
import os
from service.http.request_ids import request_id

request_id(None)
for _ in range(2):
    if os.fork() == 0:
        os.write(1, request_id(None).encode() + b"\\n")
        os._exit(0)
    os.wait()
os.write(1, request_id(None).encode())
"""
    command = [sys.executable, "-c", program]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert len(set(printed.split())) == 3
