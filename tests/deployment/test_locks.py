"""The locks: exact versions with hashes that agree with each other, and no host."""

import re
import tomllib

import pytest
from running import ROOT

LAYERS = sorted(lock.stem for lock in (ROOT / "requirements").glob("*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]


def pins(layer: str) -> dict[str, str]:
    lock = (ROOT / f"requirements/{layer}.lock").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", lock, re.MULTILINE))


def normal(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


@pytest.mark.parametrize("layer", LAYERS)
def test_every_line_is_a_pin_or_its_hash(layer):
    lines = (ROOT / f"requirements/{layer}.lock").read_text().splitlines()
    body = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert body
    for line in body:
        assert re.fullmatch(
            r"[a-z0-9-]+==[\w.]+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line
        ), line


@pytest.mark.parametrize("layer", LAYERS)
def test_a_lock_is_the_same_on_every_machine(layer):
    lock = (ROOT / f"requirements/{layer}.lock").read_text()
    assert not re.search(r"https?:|file:|\+cpu|find-links|index-url", lock)
    assert not {name for name in pins(layer) if name.startswith(("nvidia", "torch"))}


def test_layers_agree():
    found: dict[str, str] = {}
    for layer in LAYERS:
        for name, version in pins(layer).items():
            assert found.setdefault(name, version) == version, f"{name} in {layer}"


def test_what_pyproject_asks_for_is_locked():
    run = [*PROJECT["build-system"]["requires"], *PROJECT["project"]["dependencies"]]
    assert {normal(name) for name in run} - {"torch"} <= set(pins("run"))
    for layer in set(LAYERS) - {"run"}:
        wanted = {normal(name) for name in EXTRAS[layer]} - {"sentiment"}
        assert wanted <= set(pins(layer)), layer
