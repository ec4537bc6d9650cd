"""What `make install` does, and what it says where it cannot."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from running import ROOT, environment

from sentiment.errors import MissingExtraError

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_torch_is_exact_and_make_reads_it():
    assert "torch==2.13.0" in PROJECT["project"]["dependencies"]
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", "install"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"pip .* install .*'torch==2\.13\.0'$", done.stdout, re.MULTILINE)


EXTRAS = PROJECT["project"]["optional-dependencies"]


def name_of(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("extra", sorted(EXTRAS.keys() - {"test", "dev"}))
def test_each_extra_has_a_target_that_installs_it_from_the_locks(extra):
    """Outside .venv, `pip install 'sentiment[...]'` would fetch another's package."""
    done = subprocess.run(
        ["make", "-n", "-B", f"install-{extra}"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"`make install-{extra}`" in str(MissingExtraError("this", extra))
    locks = re.findall(r"--require-hashes -r (\S+)", done.stdout)
    pinned = "\n".join((ROOT / lock).read_text() for lock in locks)
    assert locks[0] == "requirements/run.lock"
    for requirement in EXTRAS[extra]:
        assert re.search(rf"^{re.escape(name_of(requirement))}==", pinned, re.M)


def test_an_index_for_torch_is_used_for_torch_alone():
    done = subprocess.run(
        ["make", "-n", "-B", "install", "TORCH_INDEX=https://example.org/cpu"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if "example.org" in line]
    assert len(lines) == 1
    assert "torch==" in lines[0]


def fake_python(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def make_venv(
    folder: Path, *asked: str, path: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts/make-venv", folder / "venv", *asked],
        env={"PATH": f"{path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )


def test_an_old_python_is_refused_by_its_version(tmp_path):
    old = 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac'
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        fake_python(tmp_path / "bin", name, old)
    done = make_venv(tmp_path, path=tmp_path / "bin")
    assert done.returncode == 2
    assert "3.11 or newer is needed" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert "PYTHON=" in done.stderr
    done = make_venv(tmp_path, "python3.11", path=tmp_path / "bin")
    assert done.returncode == 2
    assert "PYTHON=python3.11 is Python 3.9.2" in done.stderr


def test_a_python_without_venv_is_told_the_package(tmp_path):
    no_venv = """case "$2" in *ensurepip*) exit 1;; *print*) echo 3.12;; esac"""
    fake_python(tmp_path / "bin", "python3", no_venv)
    done = make_venv(tmp_path, path=tmp_path / "bin")
    assert done.returncode == 2
    assert "apt-get install python3.12-venv" in done.stderr


def test_a_missing_python_is_named(tmp_path):
    done = make_venv(tmp_path, "no-such-python", path=tmp_path / "bin")
    assert done.returncode == 2
    assert "PYTHON=no-such-python: there is no such command" in done.stderr
