"""What a model costs is known without training it."""

from typing import get_args

import pytest
import torch
from small_models import make_artifact

from sentiment.artifacts.folder import save_artifact
from sentiment.config import ModelConfig, WeightFormat
from sentiment.network.classifier import RNNClassifier
from sentiment.text.vocabulary import Vocabulary
from training.evaluation.cost import TEXT, megabytes, milliseconds


@pytest.mark.parametrize("weights", get_args(WeightFormat))
@pytest.mark.parametrize(
    "config",
    [
        {},
        {"cell": "gru", "layers": 2, "hidden_dim": 96},
        {"bidirectional": True, "embedding_dim": 120},
    ],
)
def test_the_size_is_that_of_the_saved_artifact(tmp_path, config, weights):
    artifact = make_artifact(**config)
    save_artifact(artifact, tmp_path, weights=weights)
    on_disk = sum(path.stat().st_size for path in tmp_path.iterdir())
    said = 1e6 * megabytes(artifact.classifier, artifact.vocabulary, weights)
    # What is left out: the manifest, the card, the names in the weights' file.
    assert said < on_disk < said + 6_000


def test_a_larger_network_takes_longer():
    vocabulary = Vocabulary(("<pad>", "<unk>", *(f"w{n}" for n in range(50))))
    times = {}
    for hidden in (8, 512):
        config = ModelConfig(embedding_dim=16, hidden_dim=hidden)
        classifier = RNNClassifier(config, len(vocabulary))
        times[hidden] = milliseconds(classifier, vocabulary)
    assert 0 < 2 * times[8] < times[512]


def test_measuring_leaves_threads_and_random_numbers_alone():
    artifact = make_artifact()
    torch.set_num_threads(2)
    before = torch.get_rng_state()
    milliseconds(artifact.classifier, artifact.vocabulary)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    assert threads == 2
    assert torch.equal(before, torch.get_rng_state())


def test_the_text_has_25_words():
    assert len(TEXT.split()) == 25
