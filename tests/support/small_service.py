"""A small model and the service over it, for tests that look from outside."""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proxying import nginx_before
from running import Client, serving
from small_models import make_artifact, save


def small_model(folder: Path) -> Path:
    """Write an untrained model of a few weights into ``folder``; return its folder."""
    return save(make_artifact("small-1", embedding_dim=4, hidden_dim=4), folder)


@contextlib.contextmanager
def small_service(folder: Path, **settings: str) -> Iterator[Client]:
    """Run one worker over a small model; it logs into ``folder``/serve.log."""
    env = {"SENTIMENT_WORKERS": "1", **settings}
    with serving(folder, "--model", small_model(folder), **env) as (client, _):
        yield client


@dataclass(frozen=True)
class Behind:
    """A service behind nginx: the ways to both, and what they wrote."""

    proxy: Client
    service: Client
    process: subprocess.Popen[bytes]
    service_log: Path
    proxy_log: Path


@contextlib.contextmanager
def small_service_behind_nginx(folder: Path, **nginx: str) -> Iterator[Behind]:
    """Run one worker behind compose's nginx; ``nginx`` takes the place of its settings.

    Rates are a thousand requests a second, or one client's tests would meet them.
    """
    model = small_model(folder)
    prefix = folder / "prefix"
    rates = {"NGINX_RATE": "1000r/s", "NGINX_BURST": "1000", "NGINX_PROBES": "1000r/s"}
    nginx = rates | nginx
    with (
        serving(folder, "--model", model, SENTIMENT_WORKERS="1") as (service, process),
        nginx_before(service.port, prefix, **nginx) as proxy,
    ):
        logs = (folder / "serve.log", prefix / "nginx.log")
        yield Behind(proxy, service, process, *logs)
