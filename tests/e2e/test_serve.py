"""What `make run` starts: ready within a deadline, answering, stopping when asked."""

import re
import socket
import subprocess
from pathlib import Path

import pytest
from running import (
    ROOT,
    SENTIMENT,
    children_of,
    environment,
    free_port,
    running,
    serving,
    wait_for,
)


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served")) as client_and_process:
        yield client_and_process


@pytest.fixture(scope="module")
def served(started):
    return started[0]


def test_make_run_starts_what_is_tested_here():
    command = ["make", "--dry-run", "run", "PORT=8123"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    last = done.stdout.splitlines()[-1]
    assert last == "exec .venv/bin/sentiment serve --port 8123"


def test_a_review_gets_its_label_and_calibrated_probabilities(served):
    answer = served.predict(text="Great food and lovely staff, we will come back!")
    assert answer.status == 200
    body = answer.json()
    assert body["label"] == "positive"
    assert sum(body["probabilities"].values()) == pytest.approx(1, abs=1e-9)
    assert body["confidence"] == max(body["probabilities"].values())
    assert body["request_id"] == answer.headers["x-request-id"]


def test_a_csv_file_comes_back_with_its_results(served):
    body = "id,review\r\n1,Wonderful!\r\n2,\r\n3,It broke after two days.\r\n"
    answer = served.call(
        "POST",
        "/predict/csv?text_column=review",
        body.encode(),
        {"Content-Type": "text/csv"},
    )
    assert answer.status == 200
    header, *rows = answer.body.decode().splitlines()
    assert header == ("id,review,sentiment,confidence,negative,neutral,positive,error")
    assert [row.split(",")[0] for row in rows] == ["1", "2", "3"]
    assert rows[0].startswith("1,Wonderful!,positive,")
    assert rows[1].startswith("2,,,,,,,")
    assert rows[2].startswith("3,It broke after two days.,negative,")


def test_the_model_that_ships_is_served(served):
    info = served.get("/info").json()
    assert info["labels"] == ["negative", "neutral", "positive"]
    assert served.predict(text="fine").json()["model"] in str(info["model"])


def test_metrics_are_served_to_the_own_network(served):
    served.predict(text="fine")
    text = served.get("/metrics").body.decode()
    assert re.search(r"(?m)^# TYPE \w+ histogram$", text)


def test_an_address_of_ipv6_is_listened_on(tmp_path):
    """Its colons were taken for the one before the port."""
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    port, log = free_port(), tmp_path / "serve.log"
    command = [SENTIMENT, "serve", "--host", "::1", "--port", str(port)]
    # A worker that has just begun may miss the stop; it is not waited for long.
    short = {"DRAIN": "0", "DEADLINE": "1", "CSV_DEADLINE": "1"}
    env = {f"SENTIMENT_{name}_SECONDS": seconds for name, seconds in short.items()}
    with running(command, log, cwd=tmp_path, env=environment(**env)) as process:
        wait_for(lambda: "Listening" in log.read_text() or process.poll(), "an ear")
        socket.create_connection(("::1", port), timeout=30).close()


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("env", "complaint"),
    [
        ({"PORT": "abc"}, "PORT asks for '127.0.0.1:abc'"),
        ({"SENTIMENT_THREADS": "abc"}, "SENTIMENT_THREADS is 'abc'"),
        ({"SENTIMENT_WORKERS": "500"}, "500 workers with 1 torch thread"),
        ({"SENTIMENT_API_KEYS_FILE": "/nowhere"}, "the API keys in /nowhere"),
    ],
)
def test_a_setting_that_cannot_be_meant_ends_it_as_any_command(
    env, complaint, tmp_path
):
    """It was "Error: 'abc' is not a valid port number." behind a blank line."""
    done = subprocess.run(
        [SENTIMENT, "serve"],
        env=environment(**env),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 2
    *_, last = done.stderr.splitlines()
    assert last.startswith(f"sentiment: {complaint}")


def test_a_port_leaves_the_host_that_is_set(tmp_path):
    """It went back to 127.0.0.1, where nobody else could reach it."""
    with serving(tmp_path, SENTIMENT_BIND="0.0.0.0:1") as (client, _):
        socket.create_connection(("127.0.0.2", client.port), timeout=30).close()


def test_only_a_file_makes_the_table_that_files_are_read_with(tmp_path):
    """The first short text made it, in the loop, and all requests waited for that."""
    env = {"SENTIMENT_WORKERS": "1", "SENTIMENT_PRECISION": "float32"}
    with serving(tmp_path, **env) as (client, process):
        (worker,) = children_of(process.pid)
        ready = own_megabytes(worker)
        for body in ({"text": "fine"}, {"texts": ["fine"] * 100}):
            assert client.predict(**body).status == 200
        asked = own_megabytes(worker)
        kind = {"Content-Type": "text/csv"}
        assert client.call("POST", "/predict/csv", b"text\nfine\n", kind).status == 200
        scored = own_megabytes(worker)
    assert asked - ready < 30
    assert scored - asked > 50


def own_megabytes(pid: int) -> float:
    """Return the memory that a process holds for itself, without its files."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) / 1000


def test_a_taken_port_is_refused_by_its_number(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [SENTIMENT, "serve", "--port", str(port)],
            env=environment(),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    assert done.returncode != 0
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr
