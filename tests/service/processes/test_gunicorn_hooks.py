"""How many processes gunicorn is let start, and what keeps it from starting."""

import os
import pty
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import running
from running import ROOT, environment

from sentiment.errors import ConfigError
from service.processes import addresses, gunicorn_hooks
from service.settings import Settings


@pytest.mark.parametrize(
    ("cpus", "torch_threads", "workers"), [(1, 1, 1), (2, 1, 2), (8, 1, 2), (2, 2, 1)]
)
def test_by_default_there_are_no_more_workers_than_cpus(cpus, torch_threads, workers):
    settings = Settings(torch_threads=torch_threads)
    assert gunicorn_hooks.default_workers(settings, cpus) == workers


def test_more_computing_threads_than_cpus_are_refused():
    gunicorn_hooks.check_processes(4, 2, cpus=8)
    with pytest.raises(ConfigError, match="would take 10 CPUs, and 8 can be used"):
        gunicorn_hooks.check_processes(5, 2, cpus=8)


@pytest.mark.parametrize(
    ("arguments", "env", "complaint"),
    [
        (["-w", "500"], {}, "500 workers with 1 torch thread each would take 500 CPUs"),
        ([], {"SENTIMENT_WORKERS": "500"}, "500 workers with 1 torch thread"),
        ([], {"SENTIMENT_TORCH_THREADS": "500"}, "1 worker with 500 torch threads"),
        (["--preload"], {}, "start without --preload"),
        ([], {"SENTIMENT_WORKERS": "two"}, "SENTIMENT_WORKERS is 'two'"),
        ([], {"SENTIMENT_BIND": "127.0.0.1:99999"}, "SENTIMENT_BIND asks for"),
        # Each worker said so, one after the other, for as long as nobody looked.
        ([], {"SENTIMENT_PRECISION": "bfloat"}, "'auto', 'float32' or 'bfloat16'"),
        ([], {"SENTIMENT_MODEL": "/nowhere"}, "/nowhere is not a model"),
        ([], {"SENTIMENT_API_KEYS_FILE": "/nowhere"}, "keys in /nowhere cannot be"),
        (["-b", "192.0.2.1:80"], {}, "192.0.2.1"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(
    arguments, env, complaint, models, tmp_path
):
    """gunicorn's command line and environment overrule its file, so both are tried."""
    config = ROOT / "service" / "gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
    settings = {
        "SENTIMENT_MODELS": str(models),
        "SENTIMENT_BIND": "127.0.0.1:0",
        "SENTIMENT_RUN_FOLDER": str(tmp_path),
        **env,
    }
    done = subprocess.run(
        [*command, *arguments],
        env=environment(**settings),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode not in (0, None)
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    # Each such start once left a folder behind.
    assert list(tmp_path.glob("sentiment-run-*")) == []


def test_what_gunicorn_is_told_imports_no_torch(tmp_path):
    """It must read how many threads it may make, and does so when it is imported."""
    program = (
        "import sys, runpy; runpy.run_path('service/gunicorn.conf.py');"
        "import service.door.worker;"
        "print(sorted({'torch', 'flask', 'prometheus_client'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_master_imports_torch_and_makes_no_thread(
    threads, artifact_folder, tmp_path
):
    """A worker that is forked from one with threads would hang at its first pass."""
    env = {"SENTIMENT_WORKERS": "1", "SENTIMENT_TORCH_THREADS": threads}
    with running.serving(tmp_path, "--model", artifact_folder, **env) as served:
        client, process = served
        assert client.predict(text="good").status == 200
        mapped = Path(f"/proc/{process.pid}/maps").read_text()
        status = Path(f"/proc/{process.pid}/status").read_text()
    assert "libtorch_cpu" in mapped
    assert "Threads:\t1\n" in status


def test_a_port_that_is_taken_is_said_at_once_in_one_line(models, tmp_path):
    """It took five seconds and eleven lines of JSON, without a way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "sentiment.cli", "serve", "--port", str(port)],
            env=environment(SENTIMENT_MODELS=str(models), PYTHONPATH=str(ROOT)),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    said = done.stderr.splitlines()  # gunicorn's own line comes first
    assert (done.returncode, len(said), said[-1]) == (
        *(2, 2),
        f"sentiment: port {port} is in use (127.0.0.1:{port}): stop what listens "
        f"there, or choose another one: sentiment serve --port {port + 1}, or make "
        f"run PORT={port + 1}",
    )


def test_a_port_that_is_given_up_meanwhile_is_taken():
    taken = socket.create_server(("127.0.0.1", 0))
    threading.Timer(0.3, taken.close).start()
    addresses.require_free([taken.getsockname(), "/run/a.sock", 7])
    with pytest.raises(ConfigError, match=r"listen on 192\.0\.2\.1:80: Cannot"):
        addresses.require_free([("192.0.2.1", 80)])


def test_who_starts_the_service_at_a_terminal_is_told_where_it_is(
    artifact_folder, tmp_path
):
    """Nothing but JSON said so."""
    ours, theirs = pty.openpty()
    port = running.free_port()
    command = [sys.executable, "-m", "sentiment.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--model", str(artifact_folder)],
        env=environment(
            SENTIMENT_WORKERS="1", SENTIMENT_DRAIN_SECONDS="0", PYTHONPATH=str(ROOT)
        ),
        cwd=tmp_path,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            said = b""
            while b"Ctrl-C" not in said:
                said += terminal.read(1 << 16)
    finally:
        process.terminate()
        process.wait(timeout=240)
    assert f"ready: http://127.0.0.1:{port} in a browser shows".encode() in said
