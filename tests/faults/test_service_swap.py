"""Models are published under real workers: good ones take over, bad ones do not."""

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from running import Client, children_of, metric, serving
from safetensors.torch import load_file, save_file
from traffic import Traffic, wait_for

from sentiment.artifact import MANIFEST_SUM, WEIGHTS, Artifact, save_artifact
from sentiment.store import CURRENT, MANIFEST

# Each worker looks on its own; between their looks both versions answer.
QUICK = {"SENTIMENT_RELOAD_SECONDS": "0.1", "SENTIMENT_DRAIN_SECONDS": "0"}


@pytest.fixture
def models(artifact: Artifact, artifact_folder: Path) -> Path:
    """A folder of two versions; the first is current."""
    folder = artifact_folder.parent
    (folder / "untrained-2").mkdir()
    save_artifact(replace(artifact, version="untrained-2"), folder / "untrained-2")
    make_current(folder, "untrained-1")
    return folder


def make_current(models: Path, version: str) -> None:
    """Move the link as publishing does: by one rename."""
    link = models / ".next"
    link.symlink_to(version)
    link.replace(models / CURRENT)


def test_a_published_model_takes_over_without_a_failed_request(models, tmp_path):
    with serving(tmp_path, SENTIMENT_MODELS=str(models), **QUICK) as (client, _):
        with Traffic(client) as traffic:
            wait_for(lambda: traffic.models == ["untrained-1"], "the first answer")
            make_current(models, "untrained-2")
            wait_for(lambda: serves_only(client, "untrained-2"), "the switch")
            before = traffic.answered
            wait_for(lambda: traffic.answered > before + 20, "more answers")
        assert traffic.failures == []
        assert traffic.models == ["untrained-1", "untrained-2"]
        # The other worker looks at its own time, later on a busy machine.
        wait_for(
            lambda: client.get("/readyz").json()["model"] == "untrained-2", "readiness"
        )
        assert client.get("/info").json()["model"] == "untrained-2"


def wait_for_refusals(client: Client, count: int) -> None:
    name = "sentiment_reload_failures_total"
    wait_for(lambda: metric(client, name) == count, f"refusal {count}", seconds=20)


def serves_only(client: Client, version: str) -> bool:
    """Tell whether every worker says that it answers with ``version``."""
    text = client.get("/metrics").body.decode()
    found = re.findall(r'^sentiment_model_info{version="([^"]+)"} (\S+)$', text, re.M)
    return {name for name, workers in found if float(workers)} == {version}


def flip_a_byte(folder: Path) -> None:
    weights = bytearray((folder / WEIGHTS).read_bytes())
    weights[-5] ^= 0x40
    (folder / WEIGHTS).write_bytes(weights)


def truncate(folder: Path) -> None:
    os.truncate(folder / WEIGHTS, (folder / WEIGHTS).stat().st_size // 2)


def remove_the_vocabulary(folder: Path) -> None:
    (folder / "vocabulary.txt").unlink()


def remove_the_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def put_in_a_nan(folder: Path) -> None:
    """A whole artifact, sums and all, with one weight that is no number."""
    tensors = load_file(folder / WEIGHTS)
    next(iter(tensors.values())).view(-1)[0] = float("nan")
    save_file(tensors, folder / WEIGHTS)
    sign_again(folder)


def swap_two_words(folder: Path) -> None:
    """Whole, but it answers otherwise than when it was published."""
    words = (folder / "vocabulary.txt").read_text().split("\n")
    love, awful = words.index("love"), words.index("awful")
    words[love], words[awful] = words[awful], words[love]
    (folder / "vocabulary.txt").write_text("\n".join(words))
    sign_again(folder)


def change_the_format(folder: Path) -> None:
    sign_again(folder, format=99)


def sign_again(folder: Path, **changes: object) -> None:
    """Write sums that fit, as someone does who builds an artifact with other code."""
    manifest = json.loads((folder / MANIFEST).read_text()) | changes
    for name in manifest["sha256"]:
        manifest["sha256"][name] = sha256((folder / name).read_bytes()).hexdigest()
    content = json.dumps(manifest).encode()
    (folder / MANIFEST).write_bytes(content)
    (folder / MANIFEST_SUM).write_text(f"{sha256(content).hexdigest()}  {MANIFEST}\n")


DAMAGES: list[Callable[[Path], None]] = [
    flip_a_byte,
    truncate,
    remove_the_vocabulary,
    remove_the_manifest,
    put_in_a_nan,
    swap_two_words,
    change_the_format,
]


def test_a_bad_model_is_refused_and_the_old_one_keeps_answering(models, tmp_path):
    env = {"SENTIMENT_MODELS": str(models), "SENTIMENT_WORKERS": "1", **QUICK}
    with serving(tmp_path, **env) as (client, _):
        with Traffic(client, clients=2) as traffic:
            for refused, damage in enumerate(DAMAGES, 1):
                bad = models / damage.__name__
                shutil.copytree(models / "untrained-2", bad)
                damage(bad)
                make_current(models, bad.name)
                wait_for_refusals(client, refused)
                assert client.get("/readyz").json()["model"] == "untrained-1"
            make_current(models, "untrained-2")
            wait_for(lambda: serves_only(client, "untrained-2"), "the switch")
        assert traffic.failures == []
        assert traffic.models == ["untrained-1", "untrained-2"]
    assert_each_refusal_was_logged_once(tmp_path / "serve.log")


def assert_each_refusal_was_logged_once(log: Path) -> None:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    refusals = [
        line["message"]
        for line in lines
        if line["level"] == "error" and line["logger"] == "service.reload"
    ]
    assert len(refusals) == len(DAMAGES)
    for damage, refusal in zip(DAMAGES, refusals, strict=True):
        assert "untrained-1 goes on answering" in refusal, damage


def test_a_worker_that_replaces_another_serves_what_the_others_do(models, tmp_path):
    """A killed worker came back to a current that had gone bad, and never served."""
    env = {"SENTIMENT_MODELS": str(models), "SENTIMENT_WORKERS": "1", **QUICK}
    with serving(tmp_path, **env) as (client, process):
        bad = models / "bad"
        shutil.copytree(models / "untrained-2", bad)
        truncate(bad)
        make_current(models, "bad")
        wait_for_refusals(client, 1)
        (worker,) = children_of(process.pid)
        os.kill(worker, 9)
        wait_for(lambda: answers(client), "the new worker")
        assert client.predict(text="good").json()["model"] == "untrained-1"


def answers(client: Client) -> bool:
    try:
        return client.get("/readyz").status == 200
    except OSError:
        return False
