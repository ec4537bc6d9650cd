"""The commands of docs/distillation.md, from a transformer on disk to the report."""

import csv
import re
from collections import Counter

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sentiment.labels import LABELS
from training.distillation.config import TeacherUse
from training.distillation.soft_labels import SoftLabels
from training.distillation.teachers import load_teacher

NAMES = {at: f"LABEL_{at}" for at in range(3)}
# By so much its logits are multiplied.
SURER = 40.0
RECIPE = """
name = "mine"
baselines = ["majority"]

[[sources]]
name = "toy"
path = "toy.csv"

[[teachers]]
path = "{teacher}"
labels = {{ LABEL_0 = "negative", LABEL_1 = "neutral", LABEL_2 = "positive" }}
longest = 200

[[unlabelled]]
name = "raw"
path = "raw.csv"

[distillation]
soft_labels = "soft-labels/mine"
weight = 1.0
sentences = 50

[split]
validation = 0.2
test = 0.2

[vocabulary]
min_count = 1

[model]
embedding_dim = 12
hidden_dim = 16

[training]
epochs = 10
patience = 10
learning_rate = 2e-2
batch_texts = 16
device = "cpu"
threads = 1
"""


def opinionated_transformer(folder, texts):
    """Write a random classifier whose answers to ``texts`` differ, and are sure."""
    from transformers_for_tests import write_transformer

    write_transformer(folder, labels=NAMES)
    use = TeacherUse(path="", labels=dict(zip(NAMES.values(), LABELS, strict=True)))
    usual = np.log(load_teacher(use, folder).probabilities(texts)).mean(axis=0)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"] *= SURER
    weights["classifier.bias"] = torch.tensor(-SURER * usual, dtype=torch.float32)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_a_transformer_teaches_by_the_commands_of_the_guide(
    toy_data, tmp_path, train_here
):
    pytest.importorskip("transformers")
    with (toy_data / "toy.csv").open(newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    teacher = opinionated_transformer(tmp_path / "my-bert", texts)
    (toy_data / "mine.toml").write_text(RECIPE.format(teacher=teacher))

    labelled = train_here("distill", "mine.toml", "--quiet", cwd=toy_data)
    assert labelled.returncode == 0, labelled.stderr
    said = (
        r"(\d+) of (\d+) texts have a soft label\nsoft labels: runs/soft-labels/mine\n"
    )
    texts, asked = re.fullmatch(said, labelled.stdout).groups()
    soft = SoftLabels(toy_data / "runs/soft-labels/mine").read()
    assert len(soft) == int(texts) == int(asked)
    answers = Counter(LABELS[target.index(max(target))] for target in soft.values())
    assert max(answers.values()) < len(soft) / 2

    # From now on the recipe is enough, and the report compares the two.
    done = train_here("run", "mine.toml", "--quiet", cwd=toy_data)
    assert done.returncode == 0, done.stderr
    (version,) = re.findall(r"published: models/(mine-\S+)\n", done.stdout)
    page = (toy_data / f"runs/{version}/report.md").read_text()
    assert "## What it lost against its teachers" in page
    (same,) = re.findall(r"the label is the same for (\d+\.\d)%", page)
    # The teacher's word was all it learned; its commonest answer is half of them.
    assert float(same) > 65
    card = (toy_data / f"models/{version}/README.md").read_text()
    assert f"the soft labels of `{teacher}` count 100 %" in card
