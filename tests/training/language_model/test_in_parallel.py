"""Two processes of torchrun learn the next word as one would."""

import pytest
import torch
from safetensors.torch import load_file
from toy import reviews, toy_toml, write
from train_commands import begun, train_twofold


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "reviews.csv", reviews(120))
    return tmp_path


def write_recipe(folder, runs, **language_model):
    usual = {"epochs": 2, "streams": 5, "steps": 9, "min_count": 1, "cutoffs": [5]}
    usual |= {"word_dropout": 0.0, "input_dropout": 0.0, "state_dropout": 0.0}
    usual |= {"weight_dropout": 0.0, "forgetting": 0.0}
    (folder / f"{runs}.toml").write_text(
        toy_toml(
            seed=3,
            training={"checkpoint_minutes": 1e-9},
            language_model={**usual, **language_model},
        )
    )
    return ("pretrain", f"{runs}.toml", "--runs", runs, "--quiet")


def learn(folder, runs, *options, **language_model):
    """Learn the next word of the toy reviews, by two processes."""
    words = write_recipe(folder, runs, **language_model)
    return train_twofold(*words, *options, cwd=folder)


def weights(folder, runs):
    (found,) = (folder / runs / "language-models").glob("*/model.safetensors")
    return torch.cat([value.flatten() for value in load_file(found).values()])


def test_two_processes_give_the_weights_of_one(folder, train_here):
    """Five streams: the first process reads three of them, the second two."""
    alone = train_here(*write_recipe(folder, "alone"), cwd=folder)
    assert alone.returncode == 0, alone.stderr
    both = learn(folder, "both")
    assert both.returncode == 0, both.stderr
    assert (weights(folder, "alone") - weights(folder, "both")).abs().max() < 1e-4
    # One of them speaks and writes; it says what the one alone said.
    assert both.stdout.replace("both/", "alone/") == alone.stdout
    assert both.stderr.count("words known") == 1


def test_two_that_are_killed_go_on_to_the_same_weights(folder):
    """The state of each one's streams is in the checkpoint, as are its dropouts."""
    often = {"epochs": 3, "state_dropout": 0.3}
    whole = learn(folder, "whole", **often)
    assert whole.returncode == 0, whole.stderr
    words = write_recipe(folder, "part", **often)
    checkpoints = folder / "part" / "checkpoints"

    def amid_an_epoch_after_the_first():
        return list(checkpoints.glob("*/tensors-00[12]-00000[1-9].safetensors"))

    with begun(
        *words, cwd=folder, until=amid_an_epoch_after_the_first, twofold=True
    ) as process:
        # torchrun ends its processes wherever they are.
        process.terminate()
        process.wait()
    resumed = learn(folder, "part", "--resume", **often)
    assert resumed.returncode == 0, resumed.stderr
    assert torch.equal(weights(folder, "whole"), weights(folder, "part"))
