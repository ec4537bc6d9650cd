"""The Dockerfile builds from what there is, and runs what the tests run."""

import json
import re
import subprocess
from pathlib import PurePosixPath
from typing import NamedTuple

import pytest
from running import ROOT, environment, serving, wait_for

from training.recipes.config import read_recipe


class Instruction(NamedTuple):
    stage: str
    word: str
    rest: str


@pytest.fixture(scope="module")
def dockerfile() -> list[Instruction]:
    text = (ROOT / "Dockerfile").read_text()
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\\n\s*", " ", text)
    stage, found = "", []
    for line in filter(None, map(str.strip, text.splitlines())):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            stage = rest.split(" AS ")[1]
        found.append(Instruction(stage, word, rest))
    return found


def every(dockerfile, word: str, stage: str | None = None) -> list[Instruction]:
    return [
        line for line in dockerfile if line.word == word and stage in (None, line.stage)
    ]


def ancestry(dockerfile, stage: str) -> list[str]:
    """Return a stage and the stages that it is built from."""
    bases = {
        line.stage: line.rest.split(" AS ")[0] for line in every(dockerfile, "FROM")
    }
    stages = [stage]
    while bases[stages[-1]] in bases:
        stages.append(bases[stages[-1]])
    return stages


def test_bases_are_pinned_and_slim(dockerfile):
    stages = {line.stage for line in dockerfile}
    bases = {line.rest.split(" AS ")[0] for line in every(dockerfile, "FROM")} - stages
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases.pop())


def test_what_is_copied_is_there_and_reaches_the_engine(dockerfile):
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in sent if line.startswith("!")]
    assert "*" in sent
    for line in every(dockerfile, "COPY"):
        if line.rest.startswith("--from="):
            continue
        *sources, _target = line.rest.split()
        for source in sources:
            assert (ROOT / source).exists(), line
            path = PurePosixPath(source)
            assert any(
                parent.match(pattern)
                for parent in (path, *path.parents)
                for pattern in allowed
            ), f"{source} is kept back by .dockerignore"


def test_what_is_copied_is_tracked(dockerfile):
    """An image built from a fresh clone has to find it, too."""
    done = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("this is no git checkout")
    tracked = {PurePosixPath(name) for name in done.stdout.splitlines()}
    tracked |= {parent for path in tracked for parent in path.parents}
    for line in every(dockerfile, "COPY"):
        if not line.rest.startswith("--from="):
            assert {PurePosixPath(name) for name in line.rest.split()[:-1]} <= tracked


def test_stages_copy_from_stages_that_are_made_before(dockerfile):
    for at, line in enumerate(dockerfile):
        if line.word == "COPY" and (found := re.match(r"--from=(\S+)", line.rest)):
            assert found[1] in {earlier.stage for earlier in dockerfile[:at]}


@pytest.mark.parametrize("image", ["service", "train"])
def test_images_run_as_nobody_special_and_carry_no_tools(dockerfile, image):
    stages = ancestry(dockerfile, image)
    users = [line.rest for line in every(dockerfile, "USER") if line.stage in stages]
    assert users == ["10001:10001"]
    runs = [line.rest for line in every(dockerfile, "RUN") if line.stage in stages]
    assert not any("pip" in run or "apt-get" in run for run in runs)


def test_the_default_image_is_the_service(dockerfile):
    assert dockerfile[-1].stage == "service"


def test_every_package_is_installed_by_its_hash_or_is_torch(dockerfile):
    runs = [part.strip() for line in every(dockerfile, "RUN") for part in [line.rest]]
    installs = [run for run in runs if "pip install" in run]
    assert len(installs) >= 4
    for run in installs:
        assert "--require-hashes" in run or "torch==" in run or run.endswith(" .")
        if "--require-hashes" in run:
            lock = re.search(r"-r (\S+)", run)
            assert (ROOT / lock[1]).is_file()


def test_torchs_version_is_read_from_pyproject(dockerfile):
    (run,) = [line.rest for line in every(dockerfile, "RUN") if "torch==" in line.rest]
    script = re.search(r'"\$\((sed .*)\)"', run)
    done = subprocess.run(
        script[1], shell=True, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "torch==2.13.0\n"


def test_the_train_images_command_names_a_recipe_that_ships(dockerfile):
    (line,) = every(dockerfile, "CMD", "train")
    command = json.loads(line.rest)
    assert command[:2] == ["sentiment-train", "run"]
    assert read_recipe(command[2]).name


def test_the_service_images_command_and_its_health_check_work(dockerfile, tmp_path):
    (line,) = every(dockerfile, "CMD", "service")
    program, *arguments = json.loads(line.rest)
    assert (program, arguments[0]) == ("sentiment", "serve")
    assert arguments[1:] == ["--host", "0.0.0.0", "--port", "8000"]
    (check,) = every(dockerfile, "HEALTHCHECK", "service")
    python, *probe = json.loads(check.rest.split("CMD ", 1)[1])
    assert (python, probe[0]) == ("python", "-c")
    address = ("--host", "0.0.0.0")
    with serving(tmp_path, *address, SENTIMENT_WORKERS="1") as (client, _):
        code = probe[1].replace(":8000/", f":{client.port}/")
        assert code != probe[1]
        # It asks once, and waits some seconds; Docker asks again, too.
        wait_for(lambda: run_probe(code) == 0, "a healthy answer")
    assert run_probe(code) != 0


def run_probe(code: str) -> int:
    import sys

    return subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True
    ).returncode
