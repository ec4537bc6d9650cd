"""SIGTERM: /readyz turns to 503, what comes is answered, then the service ends."""

import http.client
import json
import signal
import socket
import time

import pytest
from running import Client, serving
from traffic import Traffic, wait_for

BODY = json.dumps({"text": "The food was good."}).encode()
HEAD = (
    b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n"
)


def drains(client: Client) -> bool:
    return client.get("/readyz").status == 503


def test_a_draining_service_says_so_answers_on_and_ends(artifact_folder, tmp_path):
    env = {"SENTIMENT_DRAIN_SECONDS": "6"}
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        # Each of the workers hears of it by itself.
        wait_for(lambda: all(drains(client) for _ in range(8)), "draining", seconds=4)
        answer = client.get("/readyz")
        assert answer.json()["code"] == "draining"
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get("/healthz").status == 200
        # A second signal, as an impatient operator sends it, cuts nobody off.
        process.send_signal(signal.SIGTERM)
        with Traffic(client, clients=2) as traffic:
            while time.monotonic() < began + 4:
                time.sleep(0.05)
        assert traffic.answered > 10
        assert traffic.failures == []
        assert process.wait(timeout=25) == 0
        assert time.monotonic() - began >= 5.5
    with pytest.raises(OSError, match="refused"):
        client.get("/healthz")


def test_a_request_that_is_under_way_is_answered(artifact_folder, tmp_path):
    env = {"SENTIMENT_DRAIN_SECONDS": "0", "SENTIMENT_WORKERS": "1"}
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        with socket.create_connection(("127.0.0.1", client.port), timeout=20) as slow:
            slow.sendall(HEAD % len(BODY) + BODY[:5])
            # The worker has taken it by now: others that came later are answered.
            time.sleep(0.5)
            assert client.predict(text="good").status == 200
            process.send_signal(signal.SIGTERM)
            time.sleep(1.5)
            slow.sendall(BODY[5:])
            answer = http.client.HTTPResponse(slow)
            answer.begin()
            assert answer.status == 200
            assert json.loads(answer.read())["label"]
        assert process.wait(timeout=20) == 0


def test_ctrl_c_ends_at_once(artifact_folder, tmp_path):
    env = {"SENTIMENT_DRAIN_SECONDS": "60", "SENTIMENT_WORKERS": "1"}
    with serving(tmp_path, "--model", artifact_folder, **env) as (_, process):
        process.send_signal(signal.SIGINT)
        process.wait(timeout=15)
