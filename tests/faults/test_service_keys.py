"""The file of API keys is edited, rightly or wrongly, while the service runs."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import Answer, Client, children_of, log_lines, serving, wait_for
from small_service import small_model
from traffic import Traffic, until_two_answer, wait_for_workers

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Guarded:
    client: Client
    master: int
    keys: Path
    log: Path

    def status(self, key: str) -> int:
        """Return how a request with ``key`` is answered; by any of the workers."""
        headers = {**JSON, "Authorization": f"Bearer {key}"}
        body = '{"text": "good"}'
        return self.client.call("POST", "/predict", body, headers).status

    def answered_alike(self, key: str) -> set[int]:
        return {self.status(key) for _ in range(20)}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory) -> Iterator[Guarded]:
    """One service for all: whatever a test writes, ``first`` stays a key of it."""
    folder = tmp_path_factory.mktemp("guarded")
    keys = folder / "keys"
    keys.write_text("first\n")
    env = {
        "SENTIMENT_API_KEYS_FILE": str(keys),
        "SENTIMENT_WORKERS": "2",
        # About as long as others take to begin; whoever comes in between waits.
        "SENTIMENT_DRAIN_SECONDS": "4",
    }
    with serving(folder, "--model", small_model(folder), **env) as (client, process):
        wait_for_workers(client)
        yield Guarded(client, process.pid, keys, folder / "serve.log")
        process.send_signal(signal.SIGINT)
        process.wait(240)


class KeyedTraffic(Traffic):
    def ask(self, request_id: str) -> Answer:
        key = self.body["key"]
        headers = {**JSON, "X-Request-Id": request_id, "Authorization": f"Bearer {key}"}
        return self.client.call("POST", "/predict", '{"text": "good"}', headers)


def test_a_worker_that_takes_anothers_place_knows_the_same_keys(guarded):
    """It read the edited file: it did not start, or let in other keys than the rest."""
    guarded.keys.write_text("# nobody yet\n")
    with KeyedTraffic(guarded.client, body={"key": "first"}):
        os.kill(children_of(guarded.master)[0], signal.SIGKILL)
        until_two_answer(guarded.master, guarded.log)
    assert guarded.answered_alike("first") == {200}


def test_a_hang_up_with_a_broken_file_changes_nothing(guarded):
    """Its workers did not start, and the old ones were stopped: nobody was left."""
    before = set(children_of(guarded.master))
    guarded.keys.write_text("sha256:12\n")
    os.kill(guarded.master, signal.SIGHUP)
    wait_for(lambda: not before & set(children_of(guarded.master)), "new workers")
    wait_for_workers(guarded.client)
    assert guarded.answered_alike("first") == {200}
    said = [line["message"] for line in log_lines(guarded.log) if "message" in line]
    assert any(
        "keys:1 is not a SHA-256 digest" in line and "stay in force" in line
        for line in said
    )


def test_a_hang_up_takes_new_keys_and_loses_no_request(guarded, record_figure):
    before = set(children_of(guarded.master))
    guarded.keys.write_text("first\nsecond\n")
    with KeyedTraffic(guarded.client, body={"key": "first"}) as traffic:
        wait_for(lambda: traffic.answered > 20, "answers")
        os.kill(guarded.master, signal.SIGHUP)
        wait_for(lambda: not before & set(children_of(guarded.master)), "new workers")
        wait_for_workers(guarded.client)
    assert traffic.failures == []
    assert guarded.answered_alike("first") == {200}
    assert guarded.answered_alike("second") == {200}
    assert guarded.answered_alike("third") == {401}
    record_figure(
        "SIGHUP under load, the file of API keys has changed",
        "new workers take the new keys; no request is lost",
        f"{traffic.answered:,} requests of {traffic.clients} clients, 0 lost",
    )
