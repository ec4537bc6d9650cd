"""A fresh clone in another folder, with nothing but what the README says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import ROOT, Client, free_port, running, wait_for, wait_until_ready
from traffic import Traffic

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    # A space, for people's folders have them.
    folder = tmp_path_factory.mktemp("fresh") / "a clone"
    done = subprocess.run(
        ["git", "clone", "--quiet", ROOT, folder], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"this is no git checkout: {done.stderr}")
    return folder


@pytest.fixture(scope="module")
def bare() -> dict[str, str]:
    """An environment with nothing in it but how this machine reaches its packages."""
    python = Path(sys.executable).resolve().parent
    kept = ("PIP_", "SSL_", "HTTP", "http", "LANG", "HOME")
    env = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    return {**env, "PATH": f"{python}:/usr/local/bin:/usr/bin:/bin"}


def test_make_run_then_make_train_and_the_service_switches(clone, bare):
    client = Client(free_port())
    command = ["make", "run", f"PORT={client.port}"]
    log = clone / "run.log"
    with running(command, log, cwd=clone, env=bare) as process:
        wait_until_ready("/readyz", client, process, log, seconds=900)
        first = client.predict(text="Lovely rooms, and the staff were so kind.").json()
        assert first["label"] == "positive"
        with Traffic(client, clients=2) as traffic:
            subprocess.run(
                ["make", "train"],
                cwd=clone,
                env=bare,
                stdin=subprocess.DEVNULL,
                timeout=900,
                check=True,
            )
            mine = (clone / "models" / "current").resolve().name
            wait_for(lambda: mine in traffic.models, "the switch")
    assert traffic.failures == []
    assert traffic.models == [first["model"], mine]


def test_a_second_make_install_has_nothing_to_do(clone, bare):
    done = subprocess.run(
        ["make", "install"], cwd=clone, env=bare, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "installing" not in done.stdout
