"""Write requirements/*.lock from pyproject.toml: exact versions with their hashes.

Eight layers, each laid over the ones before it and agreeing with them: ``run`` serves,
``feedback`` keeps corrections, ``train`` trains, ``tune`` searches, ``teacher`` reads
transformers, ``ray`` scores on a cluster, ``test`` tests, ``dev`` checks. torch is
left out of them, its dependencies are not: PyTorch's CPU build and PyPI's build of one
version have different hashes, so torch is installed by its exact version, after the
lock (docs/adr/0001-torch-apart-from-the-lock.md).

Usage: ``make lock`` keeps the versions that pyproject.toml still allows,
``make lock UPGRADE=1`` takes the newest.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
LAYERS = ("run", "feedback", "train", "tune", "teacher", "ray", "test", "dev")

# What an editable install needs of hatchling, beyond what pyproject.toml names.
EDITABLE = ["editables"]

HEADER = """\
# Written by `make lock` from pyproject.toml; change it there.
# Install with: pip install --no-deps --require-hashes -r requirements/{layer}.lock
# torch is installed apart, by its exact version: its builds have different hashes.
"""
# None of these may end up in a lock: they would tie it to one machine, or fetch
# gigabytes that a CPU has no use for.
FORBIDDEN = re.compile(
    r"file:|https?:|--find-links|--index-url|\+cpu|^nvidia|^torch", re.M
)


def requirements_of(project: dict[str, Any], layer: str) -> list[str]:
    """Return what a layer asks for, with references to other extras resolved."""
    wanted: list[str] = []
    if layer == "run":
        return [
            *project["build-system"]["requires"],
            *EDITABLE,
            *project["project"]["dependencies"],
        ]
    for requirement in project["project"]["optional-dependencies"][layer]:
        extras = re.fullmatch(r"sentiment\[(.+)\]", requirement)
        if extras is None:
            wanted.append(requirement)
            continue
        for extra in extras[1].split(","):
            wanted.extend(requirements_of(project, extra.strip()))
    return wanted


def torch_of(root: Path) -> str:
    """Return the one version of torch, as pyproject.toml writes it."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return next(one for one in project["dependencies"] if one.startswith("torch=="))


def compile_layer(layer: str, wanted: list[str], workplace: Path, upgrade: bool) -> str:
    """Let pip-compile choose the versions of one layer, in ``workplace``.

    Raises:
        SystemExit: pip-compile found no versions that agree.
    """
    before = LAYERS[: LAYERS.index(layer)]
    # Not in the locks, so that a layer that asks for any torch would take another.
    (workplace / "torch.txt").write_text(f"{torch_of(ROOT)}\n")
    lines = ["-c torch.txt", *(f"-c {name}.lock" for name in before), *wanted]
    (workplace / f"{layer}.in").write_text("\n".join(lines) + "\n")
    old = FOLDER / f"{layer}.lock"
    new = workplace / f"{layer}.lock"
    if old.exists() and not upgrade:
        new.write_text(old.read_text())
    command = [
        *(sys.executable, "-m", "piptools", "compile", "--quiet", "--strip-extras"),
        *("--generate-hashes", "--unsafe-package", "torch", "--no-header"),
        *("--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"),
        *("--output-file", new.name, f"{layer}.in"),
    ]
    done = subprocess.run(command, cwd=workplace, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{layer}: pip-compile failed:\n{done.stderr}")
    return new.read_text()


def tidied(lock: str, layer: str) -> str:
    """Return a lock that speaks of the project's own files.

    Raises:
        SystemExit: It names what no lock may name.
    """
    body = lock.split("\n# WARNING: The following packages were not pinned")[0]
    body = body.replace(f"-r {layer}.in", "pyproject.toml")
    body = re.sub(r"-c (\w+\.lock)", r"-c requirements/\1", body)
    found = FORBIDDEN.search(body)
    if found:
        sys.exit(
            f"{layer}: the lock would hold {found[0]!r}. A possible solution is to "
            "lock where pip finds PyTorch's CPU build (README.md says how)"
        )
    return HEADER.format(layer=layer) + body.rstrip() + "\n"


def locks(upgrade: bool) -> Iterator[tuple[str, str]]:
    """Yield each layer's name and its lock, the first layer first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    with tempfile.TemporaryDirectory() as folder:
        for layer in LAYERS:
            wanted = requirements_of(project, layer)
            lock = compile_layer(layer, wanted, Path(folder), upgrade)
            yield layer, tidied(lock, layer)


def main() -> None:
    """Write all locks, or none."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--upgrade", action="store_true", help="take newest versions")
    arguments = parser.parse_args()
    if sys.version_info[:2] != (3, 11):
        sys.exit(
            f"this is Python {sys.version.split()[0]}: lock with 3.11, the oldest one "
            "supported, so that the versions exist for every one that is"
        )
    written = dict(locks(arguments.upgrade))
    for layer, lock in written.items():
        (FOLDER / f"{layer}.lock").write_text(lock)
        packages = len(re.findall("^[a-z].*==", lock, re.MULTILINE))
        print(f"requirements/{layer}.lock: {packages} packages")


if __name__ == "__main__":
    main()
