"""Pretraining: it learns what can be learned, and a killed run goes on alike."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from sentiment.config import ModelConfig
from sentiment.errors import ConfigError
from sentiment.special_tokens import PAD
from sentiment.text.vocabulary import Vocabulary
from training.fitting.config import FitConfig
from training.fitting.dropout import dropped_weights
from training.fitting.parallel import Ranks
from training.language_model import fit as fitting
from training.language_model.config import LanguageModelConfig
from training.language_model.fit import fit_language_model
from training.language_model.network import LanguageModel, dropped_words, forgotten
from training.language_model.sample import openings, sample

CPU = FitConfig(device="cpu")
QUICK = LanguageModelConfig(
    epochs=2, streams=4, steps=8, learning_rate=2e-2, cutoffs=[4], word_dropout=0.0
)


def counting(length, words=6):
    """A language with one rule: after each word comes the next."""
    return (np.arange(length) % words + 2).astype(np.int32)


def model(cell="lstm", config=QUICK, words=8):
    torch.manual_seed(4)
    shape = ModelConfig(cell=cell, embedding_dim=8, hidden_dim=16)
    return LanguageModel(shape, words, config)


def learn(network, tmp_path, tokens=None, seed=1, training=CPU):
    tokens = counting(1_500) if tokens is None else tokens
    held_out = counting(200)
    return fit_language_model(
        network,
        tokens,
        held_out,
        training,
        seed=seed,
        checkpoints=tmp_path / "checkpoints",
        show_progress=False,
    )


# Without a bound on its state a ReLU cell cannot carry it over hundreds of words.
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh"])
def test_every_cell_that_bounds_its_state_learns_to_count(cell, device, tmp_path):
    passes = learn(model(cell), tmp_path, training=FitConfig(device=device.type))
    assert passes[-1].validation_perplexity < 1.5


def test_a_clip_norm_of_0_clips_nothing(tmp_path):
    unclipped = dataclasses.replace(QUICK, clip_norm=0.0)
    passes = learn(model(config=unclipped), tmp_path)
    assert [one.clipped_share for one in passes] == [0.0, 0.0]
    # Clipped to a length of 0, the gradients would teach nothing.
    assert passes[-1].validation_perplexity < 1.5


def test_a_loss_beyond_all_floats_is_an_infinite_perplexity():
    assert fitting.exp_of_mean(1e6, 100) == math.inf


def test_the_first_guess_is_no_better_than_chance():
    windows = fitting.Windows.of(counting(200), 4, 8)
    assert fitting.perplexity(model(), windows, torch.device("cpu")) > 6


def test_perplexity_of_noise_is_the_number_of_words(tmp_path):
    random = np.random.default_rng(5)
    noise = random.integers(2, 8, 3_000).astype(np.int32)
    network = model()
    learn(network, tmp_path, tokens=noise)
    windows = fitting.Windows.of(noise[:900], 4, 8)
    found = fitting.perplexity(network, windows, torch.device("cpu"))
    assert found == pytest.approx(6, rel=0.1)


def test_the_state_is_carried_from_window_to_window():
    network = model().eval()
    tokens = torch.from_numpy(counting(24).astype(np.int64)).reshape(1, -1)
    whole, _ = network.read(tokens, None)
    first, state = network.read(tokens[:, :10], None)
    second, _ = network.read(tokens[:, 10:], state)
    assert torch.allclose(torch.cat([first, second], dim=1), whole, atol=1e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh"])
def test_a_state_begins_anew_whole_or_not_at_all(cell):
    network = model(cell)
    torch.manual_seed(1)
    _, state = network.read(torch.randint(2, 8, (400, 8)), None)
    parts = state if isinstance(state, tuple) else (state,)
    kept = forgotten(state, 0.25)
    kept = kept if isinstance(kept, tuple) else (kept,)
    gone = (kept[0] == 0).all(dim=-1)
    assert 60 < gone.sum() < 140
    for before, after in zip(parts, kept, strict=True):
        assert torch.equal(after[~gone], before[~gone])
        assert not after[gone].any()


def test_a_state_is_forgotten_while_it_learns_only():
    network = model(config=dataclasses.replace(QUICK, forgetting=0.99))
    tokens = torch.randint(2, 8, (400, 8))
    network.eval()
    _, state = network.read(tokens, None)

    def streams_that_began_anew():
        seen = []
        for given in (state, None):
            torch.manual_seed(1)  # the same words are dropped
            seen.append(network.read(tokens, given)[0].flatten(1))
        return (seen[0] == seen[1]).all(dim=1).sum()

    assert streams_that_began_anew() == 0
    network.train()
    assert streams_that_began_anew() > 380


def test_back_propagation_ends_at_the_window(tmp_path):
    network = model()
    tokens = torch.from_numpy(counting(24).astype(np.int64)).reshape(1, -1)
    _, state = network.read(tokens, None)
    assert not any(part.requires_grad for part in state)


class KilledError(Exception):
    """What the machine does to a run."""


# An epoch has 47 windows; 47 is between two, 60 in the second.
@pytest.mark.parametrize("steps_before", [13, 47, 60])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh"])
def test_a_killed_run_goes_on_to_the_same_weights(
    cell, steps_before, tmp_path, monkeypatch
):
    whole = model(cell)
    passes = learn(whole, tmp_path / "whole")

    epoch = len(fitting.Windows.of(counting(1_500), QUICK.streams, QUICK.steps))
    assert epoch == 47
    frequent = dataclasses.replace(CPU, checkpoint_minutes=1e-9)
    killed = model(cell)
    steps = []
    real = fitting._Pretraining._step

    def dies_at_last(self, *args):
        if len(steps) == steps_before:
            raise KilledError
        steps.append(1)
        real(self, *args)

    monkeypatch.setattr(fitting._Pretraining, "_step", dies_at_last)
    with pytest.raises(KilledError):
        learn(killed, tmp_path / "killed", training=frequent)
    monkeypatch.undo()

    again = model(cell)
    resumed = learn(again, tmp_path / "killed", training=frequent)
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    assert [one.validation_perplexity for one in resumed] == [
        one.validation_perplexity for one in passes
    ]


def test_another_text_is_not_gone_on_with(tmp_path):
    learn(model(), tmp_path)
    with pytest.raises(
        ConfigError, match="begun before the train texts changed, or by"
    ):
        learn(model(), tmp_path, tokens=counting(1_600))


def test_another_start_or_shape_is_not_gone_on_with(tmp_path):
    learn(model(), tmp_path)
    other = model()
    with torch.no_grad():
        other.embedding.weight[2, 0] += 1
    for one in (other, model("gru")):
        with pytest.raises(
            ConfigError, match="begun before the starting weights changed"
        ):
            learn(one, tmp_path)


def test_how_often_it_saves_may_change(tmp_path):
    learn(model(), tmp_path)
    often = dataclasses.replace(CPU, checkpoint_minutes=1.0)
    assert len(learn(model(), tmp_path, training=often)) == QUICK.epochs


def test_dropped_weights_are_whole_again_and_their_gradients_masked():
    network = model()
    before = network.rnn.weight_hh_l0.detach().clone()
    tokens = torch.from_numpy(counting(24).astype(np.int64)).reshape(2, -1)
    with dropped_weights(network.rnn, 0.5):
        dropped = network.rnn.weight_hh_l0.detach().clone()
        loss, _ = network(tokens[:, :-1], tokens[:, 1:], None)
        loss.backward()
    assert torch.equal(network.rnn.weight_hh_l0.detach(), before)
    gone = dropped == 0
    assert 0.3 < gone.float().mean() < 0.7
    assert (network.rnn.weight_hh_l0.grad[gone] == 0).all()
    assert (network.rnn.weight_hh_l0.grad[~gone] != 0).any()


def test_weights_are_whole_again_after_an_error():
    network = model()
    before = network.rnn.weight_hh_l0.detach().clone()
    with pytest.raises(KilledError), dropped_weights(network.rnn, 0.5):
        raise KilledError
    assert torch.equal(network.rnn.weight_hh_l0.detach(), before)


def test_a_dropped_word_is_gone_wherever_it_stands():
    embedding = torch.nn.Embedding(50, 3)
    tokens = torch.arange(50).repeat(2, 2)
    vectors = dropped_words(embedding, tokens, 0.5)
    gone = (vectors == 0).all(dim=2)
    assert 0.2 < gone.float().mean() < 0.8
    assert torch.equal(gone[0, :50], gone[1, 50:])


def test_a_sample_of_a_language_speaks_it(tmp_path):
    network = model()
    learn(network, tmp_path)
    vocabulary = Vocabulary(("<pad>", "<unk>", *"abcdef"))
    said = sample(network, vocabulary, count=3, seed=2, start="a b", temperature=0.1)
    for sentence in said:
        assert sentence.startswith("a b c d e f a")
    assert said == sample(
        network, vocabulary, count=3, seed=2, start="a b", temperature=0.1
    )


def test_a_sample_begins_with_words_that_are_known():
    # A vocabulary of other texts made sentences that began with "<unk> <unk>".
    english = Vocabulary(("<pad>", "<unk>", ".", "the", "i", "would", "acting"))
    assert openings(english) == ["", "I would", "the acting"]
    german = Vocabulary(("<pad>", "<unk>", ".", "<number>", "der", "film", "would"))
    assert openings(german) == ["", "der", "film"]
    assert openings(Vocabulary(("<pad>", "<unk>", "."))) == [""]


def test_padding_is_never_a_word_to_learn(tmp_path):
    network = model()
    learn(network, tmp_path)
    assert (network.embedding.weight[PAD] == 0).all()


class OneOfTwo(Ranks):
    """One of two processes that have begun alike."""

    def begin_alike(self, network):
        pass

    def require_alike(self, *came_to):
        pass

    def sum_gradients(self, network):
        pass

    def sum(self, value):
        return float(value)

    def from_first(self, *values):
        return list(values)


def test_each_step_of_pretraining_draws_by_its_place(tmp_path, monkeypatch):
    """What is dropped in a step is the same after --resume."""
    seeded = []

    class Second(OneOfTwo):
        def seed_step(self, *step):
            seeded.append(step)

    monkeypatch.setattr(fitting, "current", lambda: Second(1, 2))
    learn(model(), tmp_path, tokens=counting(300), seed=7)
    windows = len(fitting.Windows.of(counting(300), QUICK.streams, QUICK.steps))
    places = [(7, epoch, at) for epoch in range(2) for at in range(windows)]
    assert seeded == places


def test_more_processes_than_streams_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "current", lambda: OneOfTwo(0, 2))
    one_stream = dataclasses.replace(QUICK, streams=1)
    with pytest.raises(ConfigError, match="1 stream cannot be shared by 2 processes"):
        learn(model(config=one_stream), tmp_path)
