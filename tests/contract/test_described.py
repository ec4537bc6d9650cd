"""The service keeps what /openapi.json says, to a client that knows nothing else."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Client, environment, metric
from small_service import small_service

HERE = Path(__file__).resolve().parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
KEY = "a-key-of-the-test"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "keys").write_text(KEY)
    with small_service(folder, SENTIMENT_API_KEYS_FILE=str(folder / "keys")) as client:
        yield client


def look_at(client: Client, folder: Path, *options: str, examples: int) -> Counter[int]:
    """Let schemathesis try the service with all its checks; return the statuses."""
    seen = folder / "seen"
    command = [SCHEMATHESIS, "--config-file", HERE / "schemathesis.toml", "run"]
    command += [f"http://127.0.0.1:{client.port}/openapi.json", "--checks", "all"]
    command += ["--max-examples", str(examples), "--no-color", *options]
    # How quickly examples are made says how busy the machine is.
    command += ["--suppress-health-check", "too_slow"]
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment(SEEN_ANSWERS=str(seen), PYTHONPATH=str(HERE)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    # Every operation but /openapi.json, which it has read by then.
    assert re.search(r"\b8 selected / 8 total", done.stdout), done.stdout[:800]
    return Counter(map(int, seen.read_text().split()))


def corrections_kept(client: Client) -> float:
    return metric(client, "sentiment_corrections_total")


def check(statuses: Counter[int]) -> None:
    assert statuses[500] == 0
    assert statuses[200] > 20
    assert statuses[422] > 20


def test_requests_after_the_description_are_answered_as_it_says(service, tmp_path):
    before = corrections_kept(service)
    statuses = look_at(service, tmp_path, "--seed", "1", examples=40)
    check(statuses)
    # Else nothing but refusals of /feedback was looked at.
    assert corrections_kept(service) > before + 5


def test_a_service_with_keys_ignores_none(guarded, tmp_path, record_figure):
    authorized = ("-H", f"Authorization: Bearer {KEY}")
    statuses = look_at(guarded, tmp_path, *authorized, "--seed", "1", examples=10)
    check(statuses)
    # schemathesis asks without the key, and with another one, by itself.
    assert statuses[401] >= 2
    record_figure(
        "requests made from /openapi.json, good and bad, to a service with API keys",
        "every check of schemathesis, 401 without a key, and no 500",
        f"{statuses.total():,} requests, {statuses[401]:,d} answers of 401, "
        f"{statuses[500]:d} of 500",
    )


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_many_requests_after_the_description(service, tmp_path, record_figure):
    seed = os.environ.get("SEED", "2")
    statuses = look_at(service, tmp_path, "--seed", seed, examples=2_000)
    check(statuses)
    record_figure(
        "requests made from /openapi.json, good and bad",
        "every check of schemathesis, and no 500",
        f"{statuses.total():,} requests, {statuses[500]:d} answers of 500; "
        f"{dict(sorted(statuses.items()))}",
    )
