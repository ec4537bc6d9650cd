"""Two processes of torchrun train what one would; one code path on every device."""

import itertools

import pytest
import torch
from toy import reviews, toy_toml, write
from toy_language import QUICK, encoded, network, words_of_a_language
from train_commands import train_twofold

import sentiment
from sentiment.artifacts.store import resolve
from sentiment.errors import ConfigError
from training.fitting.config import FitConfig
from training.fitting.fit import Fitting
from training.fitting.objective import Objective
from training.fitting.parallel import Ranks
from training.fitting.predicting import predict_logits


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "reviews.csv", reviews(120))
    write(tmp_path / "raw.csv", reviews(60, seed=2))
    return tmp_path


def write_recipe(folder, **training):
    usual = {"epochs": 3, "patience": 1, "batch_texts": 16, "learning_rate": 0.01}
    toml = toy_toml(
        seed=3,
        model={"embedding_dropout": 0.0, "dropout": 0.0},
        training={**usual, **training},
    )
    toml += '[[unlabelled]]\nname = "raw"\npath = "raw.csv"\n'
    (folder / "toy.toml").write_text(toml)


def into(name):
    """Return the options under which a run leaves its model and report apart."""
    return ("--models", name, "--runs", f"{name}-runs", "--quiet")


def train(folder, name, **training):
    """Run the recipe in two processes."""
    write_recipe(folder, **training)
    words = ("toy.toml", *into(name))
    return train_twofold(*words, cwd=folder, program=("-m", "training.pipeline"))


def weights(folder, name):
    model = sentiment.load(resolve(folder / name / "current")).artifact.classifier
    return torch.cat([value.flatten() for value in model.parameters()])


# A batch of 1 leaves the second process without a text, in every step; one of 3 is not
# shared evenly, and one or both may be left without a label.
@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 1, "batch_texts": 1},
        {
            "adversarial": 0.5,
            "virtual_adversarial": 0.5,
            "batch_texts": 3,
            "adversarial_from": 0.5,
        },
    ],
    ids=["batches of one text", "adversarial"],
)
def test_two_processes_give_the_weights_of_one(folder, train_here, settings):
    write_recipe(folder, **settings)
    alone = train_here("run", "toy.toml", *into("alone"), cwd=folder)
    assert alone.returncode == 0, alone.stderr
    both = train(folder, "both", **settings)
    assert both.returncode == 0, both.stderr
    gap = (weights(folder, "alone") - weights(folder, "both")).abs().max()
    assert gap < 1e-4
    # One of them speaks and writes; it says what the one alone said.
    assert both.stdout.count("published: ") == 1
    assert both.stdout.splitlines()[:2] == alone.stdout.splitlines()[:2]
    assert len(list((folder / "both").glob("toy-*"))) == 1
    assert both.stderr.count("texts: ") == 1


def test_a_batch_is_shared_without_rest():
    batch = list(range(11))
    for size in (1, 2, 3, 16):
        shares = [Ranks(rank, size).share(batch) for rank in range(size)]
        assert sorted(itertools.chain(*shares)) == batch
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert Ranks().share(batch) == batch


def test_one_process_needs_no_group():
    alone = Ranks()
    assert alone.first
    assert alone.sum(torch.tensor(2.5)) == 2.5
    assert alone.from_first(1.0, 2.0) == [1.0, 2.0]
    before = torch.get_rng_state()
    alone.seed_step(1, 2, 3)
    assert torch.equal(before, torch.get_rng_state())


def test_two_processes_drop_out_differently_and_each_repeats_itself():
    def drawn(rank):
        Ranks(rank, 2).seed_step(1, 2, 3)
        return torch.rand(8)

    assert torch.equal(drawn(0), drawn(0))
    assert not torch.equal(drawn(0), drawn(1))


def test_each_step_of_a_fit_draws_by_its_place(monkeypatch):
    """What is dropped in a step is the same after --resume."""
    seeded = []

    class Second(Ranks):
        def seed_step(self, *step):
            seeded.append(step)

        def sum_gradients(self, network):
            pass

        def sum(self, value):
            return float(value)

    monkeypatch.setattr("training.fitting.objective.current", lambda: Second(1, 2))
    train_split = encoded(words_of_a_language(20, 1))
    objective = Objective(network(), train_split, QUICK, seed=3)
    objective.backward([0, 1], epoch=2, batch=5)
    assert seeded == [(3, 2, 5)]


class OneOfTwo(Ranks):
    """The second of two processes, of which the first came to epoch 4, batch 2."""

    def from_first(self, *values):
        return [4.0, 2.0][: len(values)]

    def sum(self, value):
        return value.item()


def test_processes_that_found_different_checkpoints_do_not_go_on():
    """Hosts that do not share their runs would train two networks, and mix them."""
    OneOfTwo(1, 2).require_alike(4, 2)
    with pytest.raises(ConfigError, match="--runs names must be one that all hosts"):
        OneOfTwo(1, 2).require_alike(0, 0)
    Ranks().require_alike(3, 1)


def test_one_code_path_learns_on_every_device(device):
    train_split = encoded(words_of_a_language(600, 1))
    classifier = network(cell="gru")
    config = FitConfig(
        epochs=12,
        patience=12,
        batch_texts=16,
        learning_rate=5e-3,
        device=device.type,
    )
    history = Fitting(classifier, train_split, train_split, config, seed=3).run()
    assert next(classifier.parameters()).device.type == device.type
    assert history.best().validation_macro_f1 > 0.9
    logits = predict_logits(classifier, train_split, 1_000)
    assert logits.device.type == "cpu"
    alike = network(cell="gru")
    alike.load_state_dict(classifier.state_dict())
    assert torch.allclose(logits, predict_logits(alike, train_split, 1_000), atol=1e-4)
