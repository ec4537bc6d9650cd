"""A PostgreSQL of the test's own, from Debian's packages, in a folder of its own."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from running import free_port

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_PATH = os.pathsep.join([os.environ.get("PATH", ""), *map(str, _PLACES)])
INITDB = shutil.which("initdb", path=_PATH)
POSTGRES = shutil.which("postgres", path=_PATH)


class Postgres:
    """A server on a port of its own, that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://sentiment:swordfish@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Make the files of an empty server, with the password that the URL has."""
        assert INITDB
        password = self.folder / "password"
        password.write_text("swordfish")
        _as_postgres(self.folder)
        command = [*_RUN, INITDB, "-D", self.folder / "data", "-U", "sentiment"]
        command += ["--pwfile", password, "-A", "scram-sha-256", "-E", "UTF8"]
        command += ["--no-locale", "--no-sync"]
        done = subprocess.run(
            [str(part) for part in command], cwd=self.folder, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()

    def start(self, seconds: float = 240) -> None:
        assert POSTGRES
        command = [*_RUN, POSTGRES, "-D", str(self.folder / "data")]
        command += ["-p", str(self.port), "-k", "", "-c", "listen_addresses=127.0.0.1"]
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and self._process.poll() is None:
            # It opens its port before it answers.
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url, connect_timeout=20).close()
                return
            time.sleep(0.05)
        raise TimeoutError((self.folder / "postgres.log").read_text()[-2000:])

    def stop(self) -> None:
        """Break every connection off and stop, as an operator's restart does."""
        if self._process is not None and self._process.poll() is None:
            # SIGINT: PostgreSQL's "fast" way. To the child of runuser, where there is.
            pid = (self.folder / "data" / "postmaster.pid").read_text().splitlines()[0]
            os.kill(int(pid), 2)
            self._process.wait(240)


# It refuses to run as root.
_RUN = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def _as_postgres(folder: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a new PostgreSQL; skip the test where there is none."""
    if INITDB is None or POSTGRES is None:
        pytest.skip("postgresql is not installed: `make test-system` gets it")
    # Not pytest's folder, which only its own user may enter.
    with tempfile.TemporaryDirectory(prefix="sentiment-postgres-") as name:
        server = Postgres(Path(name))
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
