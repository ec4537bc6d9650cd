"""On long texts a vanilla cell explodes unless it is clipped, and forgets."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.optim import SGD

from sentiment.config import CELLS, ModelConfig
from sentiment.network.classifier import RNNClassifier
from training.gradients.flow import GradientFlow
from training.gradients.language import SIZE, texts_of_the_language
from training.gradients.plots import plot_cells
from training.gradients.steps import take_steps
from training.gradients.study import StudyConfig, study


def explode(clip_norm, steps, seed=1):
    torch.manual_seed(seed)
    model = ModelConfig(cell="rnn-relu", embedding_dim=32, hidden_dim=32, dropout=0.0)
    classifier = RNNClassifier(model, SIZE)
    return take_steps(
        classifier,
        texts_of_the_language(100, seed=seed).train,
        SGD(classifier.parameters(), lr=0.01),
        steps=steps,
        clip_norm=clip_norm,
        seed=seed,
        on_step=lambda: None,
    )


def test_without_clipping_a_vanilla_cell_explodes_on_long_texts():
    run = explode(0.0, steps=30)
    assert run.exploded
    assert len(run.losses) < 30
    assert not math.isfinite(run.losses[-1])
    assert run.highest_loss() > 1e3


def test_with_clipping_the_same_cell_goes_on_and_its_loss_falls():
    run = explode(1.0, steps=60)
    assert not run.exploded
    assert len(run.losses) == len(run.norms) == 60
    # What was clipped is recorded as it was before.
    assert run.longest_gradient() > 10
    assert np.mean(run.losses[-10:]) < run.losses[0]


def test_a_seed_repeats_the_steps():
    assert explode(1.0, steps=5) == explode(1.0, steps=5)


@pytest.fixture(scope="module")
def found():
    return study(
        texts_of_the_language(40, seed=1),
        StudyConfig(steps=3, clipping_steps=4, show_progress=False),
    )


def test_untrained_gated_cells_pass_back_more_than_the_tanh_cell(found):
    left = {
        one.cell: one.before.share_left(list(one.before.norms)[-1], 39)
        for one in found.cells
    }
    assert list(left) == list(CELLS)
    assert left["rnn-tanh"] < 1e-3 * left["gru"] < 1e-3 * left["lstm"] < 1e-3
    # Begun as the identity, this one does not vanish: it is the one that may explode.
    assert left["rnn-relu"] > 0.01


def test_trained_gated_cells_pass_back_what_the_tanh_cell_loses():
    # With seeds 1 to 3 less than 1e-8 is left in the tanh cell, which is right for 53
    # to 71 % of the texts, and more than 4e-3 in the GRU and in the LSTM's cell state.
    # The ReLU cell is left out: so early its gradient may still be there.
    found = study(
        texts_of_the_language(40, seed=2),
        StudyConfig(steps=300, clipping_steps=1, seed=2, show_progress=False),
    )
    cells = {one.cell: one for one in found.cells}

    def left(cell, state, flow):
        return getattr(cells[cell], flow).share_left(state, 39)

    assert left("rnn-tanh", "hidden state", "after") < 1e-6
    assert cells["rnn-tanh"].accuracy < 0.9
    for cell, state in (("gru", "hidden state"), ("lstm", "cell state")):
        assert left(cell, state, "after") > 1e-3
        assert left(cell, state, "after") > 10 * left(cell, state, "before")
        assert cells[cell].accuracy > 0.95


@pytest.mark.parametrize("least", [1e-30, 1e-3])
def test_shares_that_the_picture_cuts_off_are_told(found, tmp_path, least):
    # Two cells' lines ended at the edge, as if the gradient did.
    flow = GradientFlow(texts=[9, 9, 9], norms={"hidden state": [1.0, 1e-2, least]})
    cells = [replace(one, before=flow, after=flow) for one in found.cells]
    plot_cells(replace(found, cells=cells), tmp_path / "cells.svg")
    told = "smaller ones than 1e-20 are cut off" in (tmp_path / "cells.svg").read_text()
    assert told is (least < 1e-20)


def test_a_study_has_every_cell_and_both_optimisers_clipped_and_not(found):
    runs = [(one.optimizer, one.clip_norm) for one in found.clipping]
    assert runs == [("sgd", 0.0), ("sgd", 1.0), ("adamw", 0.0), ("adamw", 1.0)]
    assert all(len(one.training.losses) == 3 for one in found.cells)
    assert all(0 <= one.accuracy <= 1 for one in found.cells)
    first = {one.training.losses[0] for one in found.clipping}
    assert len(first) == 1  # the same network on the same texts


@pytest.mark.parametrize("tokens", [2, 40])
def test_one_word_of_the_language_decides_and_stands_early_where_it_is_tested(tokens):
    texts = texts_of_the_language(tokens, seed=4)
    for split, before in ((texts.train, tokens), (texts.probe, max(tokens // 10, 1))):
        token_ids = split.token_ids.reshape(-1, tokens)
        telling = token_ids < 2 + 4 * 3
        assert (telling.sum(axis=1) == 1).all()
        assert telling.argmax(axis=1).max() < before
        words = token_ids[telling]
        assert ((words - 2) // 4).tolist() == split.labels.tolist()
        assert torch.equal(split.targets.argmax(dim=1), split.labels)
    assert len(set(texts.train.labels.tolist())) == 3


def test_the_language_is_the_same_for_the_same_seed():
    one, same, other = (texts_of_the_language(9, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.train.token_ids, same.train.token_ids)
    assert not np.array_equal(one.train.token_ids, other.train.token_ids)
