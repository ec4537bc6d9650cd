"""A real service over a model with moods (odd_app.py)."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from running import (
    ROOT,
    UNHURRIED,
    Client,
    environment,
    free_port,
    running,
    wait_until,
)

CONFIG = ROOT / "service" / "gunicorn.conf.py"
# As odd_app.py calls them.
BEGUN, GO_ON = "begun", "go-on"


@contextlib.contextmanager
def odd_service(
    models: Path, folder: Path, **settings: str
) -> Iterator[tuple[Client, Path]]:
    """Serve a model that fails at "boom" and takes its time over "slow"."""
    client = Client(free_port())
    log = folder / "odd.log"
    env = environment(
        ODD_MODEL=str(models / "current"),
        ODD_FOLDER=str(folder),
        PYTHONPATH=f"{Path(__file__).parent}:{ROOT}",
        SENTIMENT_BIND=f"127.0.0.1:{client.port}",
        **{"SENTIMENT_DRAIN_SECONDS": "0", **UNHURRIED, **settings},
    )
    command = [sys.executable, "-m", "gunicorn", "-c", CONFIG, "odd_app:create()"]
    with running(command, log, cwd=folder, env=env) as process:
        wait_until("/readyz", client, process, log)
        yield client, log
