"""A model on disk: the same answers after loading, and every damage is refused."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as save_tensors
from small_models import make_artifact

from sentiment.artifacts.folder import load_artifact, save_artifact
from sentiment.errors import ArtifactError
from sentiment.prediction.predictor import Predictor

FILES = [
    "manifest.json",
    "manifest.sha256",
    "model.safetensors",
    "vocabulary.txt",
    "README.md",
]
TEXTS = ["It was not good!", "a great film", "zyzzyva"]


def assert_same_answers(one, other):
    answers = (Predictor(model).predict(TEXTS) for model in (one, other))
    for answer, expected in zip(*answers, strict=True):
        # Not to the last digit: where weights lie in memory decides how they are added.
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=1e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh", "rnn-relu"])
def test_a_saved_model_answers_as_before(cell, tmp_path):
    artifact = make_artifact(cell=cell, layers=2, bidirectional=cell == "gru")
    save_artifact(artifact, tmp_path)
    loaded = load_artifact(tmp_path)
    assert_same_answers(loaded, artifact)
    assert loaded.version == artifact.version
    assert loaded.config == artifact.config
    assert loaded.metrics == artifact.metrics
    assert loaded.card == artifact.card


@pytest.mark.parametrize("weights", ["float16", "bfloat16"])
def test_weights_of_16_bits_halve_the_file_and_answer_as_they_were_saved(
    weights, tmp_path
):
    artifact = make_artifact(hidden_dim=64)
    sizes = {}
    for kind in ("float32", weights):
        folder = tmp_path / kind
        folder.mkdir()
        save_artifact(artifact, folder, weights=kind)
        sizes[kind] = (folder / "model.safetensors").stat().st_size
    assert sizes[weights] < 0.55 * sizes["float32"]
    # Loading compares with the golden predictions, which the rounded weights gave.
    loaded = load_artifact(tmp_path / weights)
    again = tmp_path / "again"
    again.mkdir()
    save_artifact(loaded, again, weights=weights)
    name = "model.safetensors"
    assert (again / name).read_bytes() == (tmp_path / weights / name).read_bytes()
    assert json.loads((again / "manifest.json").read_text())["weights"] == weights
    for one, other in zip(
        Predictor(loaded).predict(TEXTS),
        Predictor(artifact).predict(TEXTS),
        strict=True,
    ):
        assert one.probabilities == pytest.approx(other.probabilities, abs=0.03)


def test_a_weight_beyond_float16_is_refused(tmp_path):
    artifact = make_artifact()
    artifact.classifier.output.weight.data[0, 0] = 1e6
    with pytest.raises(ArtifactError, match=r"output\.weight.*not finite"):
        save_artifact(artifact, tmp_path, weights="float16")


def test_an_artifact_is_five_files_and_none_of_them_can_run_code(artifact_folder):
    assert sorted(path.name for path in artifact_folder.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(artifact_folder, name):
    (artifact_folder / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        load_artifact(artifact_folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_flipped_bit_is_noticed(artifact_folder, name, share):
    content = bytearray((artifact_folder / name).read_bytes())
    content[int(len(content) * share)] ^= 4
    (artifact_folder / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=str(artifact_folder)):
        load_artifact(artifact_folder)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_noticed(artifact_folder, name):
    content = (artifact_folder / name).read_bytes()
    (artifact_folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError, match=r"damaged|changed|no JSON"):
        load_artifact(artifact_folder)


def test_a_weight_that_is_not_a_number_is_refused_though_its_sum_is_right(tmp_path):
    artifact = make_artifact()
    save_artifact(artifact, tmp_path)
    artifact.classifier.rnn.weight_hh_l0.data[0, 0] = torch.nan
    poisoned = save_tensors(artifact.classifier.state_dict())
    (tmp_path / "model.safetensors").write_bytes(poisoned)
    own_sum = {"model.safetensors": hashlib.sha256(poisoned).hexdigest()}
    sealed_with(tmp_path, lambda manifest: manifest["sha256"].update(own_sum))
    with pytest.raises(ArtifactError, match=r"rnn\.weight_hh_l0 hold a num") as caught:
        load_artifact(tmp_path)
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(ArtifactError, match=r"rnn\.weight_hh_l0 hold a number"):
        save_artifact(artifact, tmp_path / "never")


def sealed_with(folder, change):
    """Change the manifest and seal it again, as somebody with another release would."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    content = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(content)
    # As sha256sum writes it.
    line = f"{hashlib.sha256(content).hexdigest()}  manifest.json\n"
    (folder / "manifest.sha256").write_text(line)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format=9), "has format 9, this code reads 1"),
        (lambda m: m.update(labels=["a", "b"]), "answers"),
        (lambda m: m.update(temperature=0), "temperature must be above 0"),
        (lambda m: m.update(temperature=3.0), "does not answer as it did"),
        (lambda m: m["config"].update(cell="lstn"), "did you mean 'lstm'"),
        (lambda m: m["config"].update(hidden_dim=9), "cannot be used"),
        (lambda m: m.update(temperature=float("nan")), "above 0, not nan"),
        (lambda m: m.update(temperature=10**400), "cannot be used"),
        (lambda m: m.update(golden=[]), "no golden predictions"),
        (lambda m: m["golden"][0].update(text=""), "cannot be used: .*is empty"),
        (
            lambda m: m["golden"][0].update(probabilities=[10**400] * 3),
            "cannot be used",
        ),
        (lambda m: m["golden"][0].pop("text"), r"manifest\.json lacks 'text'"),
        (lambda m: m["golden"][0].update(probabilities=[1, 2]), "cannot be used"),
        (lambda m: m["golden"][0].update(probabilities=[None] * 3), "cannot be used"),
        (lambda m: m.pop("version"), r"manifest\.json lacks 'version': publish"),
        (lambda m: m.pop("config"), r"manifest\.json lacks 'config': publish"),
        (lambda m: m.pop("sha256"), r"manifest\.json lacks 'sha256': publish"),
        (lambda m: m.update(sha256=[]), "cannot be used"),
        (lambda m: m.update(config=[]), "cannot be used"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(
    artifact_folder, change, message
):
    """Some came out as other errors than an ArtifactError, or named no folder."""
    sealed_with(artifact_folder, change)
    with pytest.raises(ArtifactError, match=message) as caught:
        load_artifact(artifact_folder)
    assert str(artifact_folder) in str(caught.value)


def test_what_is_read_of_the_manifest_is_what_was_summed(artifact_folder, monkeypatch):
    """It was read twice: another could come between the sum and the use."""
    path = artifact_folder / "manifest.json"
    sound, read = path.read_bytes(), Path.read_bytes
    path.write_bytes(sound.replace(b"untrained-1", b"untrained-2"))

    def read_and_mend(self: Path) -> bytes:
        content = read(self)
        if self == path:
            path.write_bytes(sound)
        return content

    monkeypatch.setattr(Path, "read_bytes", read_and_mend)
    with pytest.raises(ArtifactError, match="was changed after it was published"):
        load_artifact(artifact_folder)
    assert load_artifact(artifact_folder).version == "untrained-1"


def test_an_empty_folder_is_no_model(tmp_path):
    with pytest.raises(ArtifactError, match=r"no readable manifest.json"):
        load_artifact(tmp_path)


def test_a_copied_model_is_the_same_model(artifact_folder, tmp_path):
    copy = shutil.copytree(artifact_folder, tmp_path / "elsewhere")
    assert_same_answers(load_artifact(copy), load_artifact(artifact_folder))
