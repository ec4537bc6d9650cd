"""SIGTERM that comes while a worker begins: it stops at once, like any other."""

import json
import sys
import time
from pathlib import Path

from moody_service import CONFIG
from running import ROOT, environment, free_port, running

# So many seconds after a signal the master kills whoever has not stopped.
AT_MOST = 120

# The master hears of SIGTERM, and passes it on, before the worker can handle it.
AT_THE_FORK = f"""
import os, runpy, signal, time
globals().update(runpy.run_path({str(CONFIG)!r}))

def post_fork(server, worker):
    os.kill(os.getppid(), signal.SIGTERM)
    ends = time.monotonic() + 5
    while signal.SIGTERM not in signal.sigpending() and time.monotonic() < ends:
        time.sleep(0.01)
"""


def test_what_comes_between_the_fork_and_the_start_is_not_lost(
    artifact_folder, tmp_path
):
    """The worker served on, until the time that a stop may take was over."""
    config = tmp_path / "config.py"
    config.write_text(AT_THE_FORK)
    log = stopped(tmp_path, config, "service.app:create_app()", artifact_folder)
    assert log.count("Handling signal: term") == 1


# SIGTERM comes when the worker, which loads its model, is in a finalizer.
IN_A_FINALIZER = """
import os, signal, time

class Dropped:
    def __del__(self):
        os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(60)

def create():
    Dropped()
    raise OSError("the signal was lost")
"""


def test_what_comes_while_the_model_is_loaded_leaves_only_lines_of_json(
    artifact_folder, tmp_path
):
    """A traceback was printed: "Exception ignored in: <function Group.__del__"."""
    (tmp_path / "application.py").write_text(IN_A_FINALIZER)
    log = stopped(tmp_path, CONFIG, "application:create()", artifact_folder)
    messages = [json.loads(line)["message"] for line in log.splitlines()]
    assert "Handling signal: term" in messages
    assert "this worker could not begin" not in messages


def stopped(folder: Path, config: Path, app: str, model: Path) -> str:
    """Run gunicorn until it was stopped, and return its log."""
    log = folder / "gunicorn.log"
    env = environment(
        GUNICORN_CMD_ARGS=f"--graceful-timeout={AT_MOST}",
        PYTHONPATH=f"{folder}:{ROOT}",
        SENTIMENT_BIND=f"127.0.0.1:{free_port()}",
        SENTIMENT_MODEL=str(model),
        SENTIMENT_WORKERS="1",
    )
    command = [sys.executable, "-m", "gunicorn", "-c", config, app]
    began = time.monotonic()
    with running(command, log, cwd=folder, env=env) as process:
        assert process.wait(timeout=480) == 0
    assert time.monotonic() - began < AT_MOST
    return log.read_text()
