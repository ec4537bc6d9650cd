"""Two processes of torchrun learn the next word as one would."""

import pytest
import torch
from safetensors.torch import load_file
from toy import reviews, toy_toml, write
from train_commands import begun, train_twofold


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twofold")
    write(folder / "reviews.csv", reviews(120))
    exact = {"epochs": 2, "streams": 5, "steps": 9, "min_count": 1, "cutoffs": [5]}
    exact |= {"word_dropout": 0.0, "input_dropout": 0.0, "state_dropout": 0.0}
    exact |= {"weight_dropout": 0.0, "forgetting": 0.0}
    (folder / "toy.toml").write_text(
        toy_toml(seed=3, training={"checkpoint_minutes": 1e-9}, language_model=exact)
    )
    return folder


def pretrain_into(runs):
    """Return the words of the command that learns the next word of the reviews."""
    return ("pretrain", "toy.toml", "--runs", runs, "--quiet")


@pytest.fixture(scope="module")
def both(folder):
    """Learn in two processes, and return what they wrote."""
    done = train_twofold(*pretrain_into("both"), cwd=folder)
    assert done.returncode == 0, done.stderr
    return done


def weights(folder, runs):
    (found,) = (folder / runs / "language-models").glob("*/model.safetensors")
    return torch.cat([value.flatten() for value in load_file(found).values()])


def test_two_processes_give_the_weights_of_one(folder, both, train_here):
    """Five streams: the first process reads three of them, the second two."""
    alone = train_here(*pretrain_into("alone"), cwd=folder)
    assert alone.returncode == 0, alone.stderr
    assert (weights(folder, "alone") - weights(folder, "both")).abs().max() < 1e-4
    # One of them speaks and writes; it says what the one alone said.
    assert both.stdout.replace("both/", "alone/") == alone.stdout
    assert both.stderr.count("words known") == 1


def test_two_that_are_killed_go_on_to_the_same_weights(folder, both):
    """The state of each one's streams is in the checkpoint."""
    words = pretrain_into("part")
    checkpoints = folder / "part" / "checkpoints"

    def amid_the_second_epoch():
        return list(checkpoints.glob("*/tensors-001-00000[1-9].safetensors"))

    with begun(
        *words, cwd=folder, until=amid_the_second_epoch, twofold=True
    ) as process:
        # torchrun ends its processes wherever they are.
        process.terminate()
        process.wait()
    resumed = train_twofold(*words, "--resume", cwd=folder)
    assert resumed.returncode == 0, resumed.stderr
    assert torch.equal(weights(folder, "both"), weights(folder, "part"))
