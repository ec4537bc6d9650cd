"""A real service over a model with moods (moody_app.py)."""

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
    on_two_cpus,
    running,
    wait_until_ready,
)

CONFIG = ROOT / "service" / "gunicorn.conf.py"
# As moody_app.py calls them.
BEGUN, GO_ON = "begun", "go-on"


@contextlib.contextmanager
def moody_service(
    models: Path, folder: Path, **settings: str
) -> Iterator[tuple[Client, Path]]:
    """Serve a model that fails at "boom" and takes its time over "slow"."""
    client = Client(free_port())
    log = folder / "moody.log"
    env = environment(
        MOODY_MODEL=str(models / "current"),
        MOODY_FOLDER=str(folder),
        PYTHONPATH=f"{Path(__file__).parent}:{ROOT}",
        SENTIMENT_BIND=f"127.0.0.1:{client.port}",
        **{"SENTIMENT_DRAIN_SECONDS": "0", **UNHURRIED, **settings},
    )
    command = [sys.executable, "-m", "gunicorn", "-c", CONFIG, "moody_app:create()"]
    with running(command, log, cwd=folder, env=on_two_cpus(env)) as process:
        wait_until_ready("/readyz", client, process, log)
        yield client, log
