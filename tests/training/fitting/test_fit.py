"""Fitting: every cell learns a language, a seed repeats, a killed run goes on alike."""

import itertools

import pytest
import torch
from toy_language import encoded, network, words_of_a_language

from sentiment.config import CELLS
from sentiment.errors import ConfigError
from training.config import FitConfig
from training.fitting.batches import epoch_batches
from training.fitting.fit import Fitting, fit, predict_logits
from training.fitting.optimizer import one_cycle

QUICK = FitConfig(
    epochs=3, batch_texts=16, learning_rate=5e-3, device="cpu", checkpoint_minutes=99
)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_learns_that_no_b_comes_before_an_a(cell, bidirectional):
    train, validation = (
        encoded(words_of_a_language(count, seed))
        for count, seed in ((600, 1), (200, 2))
    )
    classifier = network(cell=cell, bidirectional=bidirectional)
    config = FitConfig(
        epochs=25, patience=25, batch_texts=16, learning_rate=5e-3, device="cpu"
    )
    history = fit(classifier, train, validation, config, seed=3, show_progress=False)
    assert history.best().validation_macro_f1 > 0.95
    unseen = encoded(words_of_a_language(300, 4))
    answers = predict_logits(classifier, unseen, 1_000).argmax(dim=1)
    right = (answers == unseen.targets.argmax(dim=1)).float().mean()
    assert right > 0.93


def weights_after(run):
    return torch.cat([parameter.flatten() for parameter in run.parameters()])


def test_a_seed_repeats_the_weights_bit_for_bit():
    train = encoded(words_of_a_language(200, 1))
    runs = []
    for _ in range(2):
        classifier = network(dropout=0.3, embedding_dropout=0.2, layers=2)
        fit(classifier, train, train, QUICK, seed=3, show_progress=False)
        runs.append(weights_after(classifier))
    assert torch.equal(*runs)
    classifier = network(dropout=0.3, embedding_dropout=0.2, layers=2)
    fit(classifier, train, train, QUICK, seed=4, show_progress=False)
    assert not torch.equal(runs[0], weights_after(classifier))


class KilledError(Exception):
    """Stands for a SIGKILL between two steps."""


@pytest.mark.parametrize(
    "settings", [{}, {"weight_averaging": 0.9}, {"adversarial": 0.3}], ids=str
)
@pytest.mark.parametrize("steps", [1, 7, 13, 20, 30])
def test_a_killed_run_goes_on_to_the_same_weights(
    steps, settings, tmp_path, monkeypatch
):
    train = encoded(words_of_a_language(200, 1))
    # A checkpoint after every step, so that any step can be the last one before.
    config = FitConfig(
        epochs=3,
        batch_texts=16,
        device="cpu",
        checkpoint_minutes=1e-9,
        patience=9,
        **settings,
    )
    whole = network(dropout=0.3)
    expected = fit(whole, train, train, config, seed=3, show_progress=False)

    taken = 0
    step = Fitting.step

    def step_until_killed(self, positions):
        nonlocal taken
        if taken == steps:
            raise KilledError("now")
        taken += 1
        return step(self, positions)

    monkeypatch.setattr(Fitting, "step", step_until_killed)
    with pytest.raises(KilledError, match="now"):
        fit(
            network(dropout=0.3),
            train,
            train,
            config,
            seed=3,
            checkpoints=tmp_path,
            show_progress=False,
        )
    monkeypatch.setattr(Fitting, "step", step)
    torch.manual_seed(99)  # another process starts with other random numbers
    resumed = network(dropout=0.3, cell="lstm")
    history = fit(
        resumed, train, train, config, seed=3, checkpoints=tmp_path, show_progress=False
    )
    assert torch.equal(weights_after(whole), weights_after(resumed))
    assert history.gradient_norms == expected.gradient_norms
    assert [record.train_loss for record in history.epochs] == [
        record.train_loss for record in expected.epochs
    ]


def test_averaged_weights_are_the_mean_of_the_steps_and_what_is_kept():
    train = encoded(words_of_a_language(60, 1))
    config = FitConfig(epochs=1, batch_texts=16, device="cpu", weight_averaging=0.5)
    classifier, steps = network(), []
    fit(
        *(classifier, train, train, config),
        seed=3,
        show_progress=False,
        on_step=lambda: steps.append(weights_after(classifier).detach().clone()),
    )
    mean = steps[0]
    for one in steps[1:]:
        mean = (mean + one) / 2
    assert torch.allclose(weights_after(classifier), mean, atol=1e-6)
    assert not torch.allclose(mean, steps[-1], atol=1e-4)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    train = encoded(words_of_a_language(60, 1))
    options = {"checkpoints": tmp_path, "show_progress": False}
    fit(network(), train, train, QUICK, seed=3, **options)
    with pytest.raises(ConfigError, match="another recipe or other data"):
        fit(network(), train, train, QUICK, seed=4, **options)


def test_a_damaged_checkpoint_says_how_to_begin_anew(tmp_path):
    train = encoded(words_of_a_language(60, 1))
    options = {"checkpoints": tmp_path, "show_progress": False}
    fit(network(), train, train, QUICK, seed=3, **options)
    next(tmp_path.glob("*.safetensors")).write_bytes(b"half")
    with pytest.raises(ConfigError, match="remove the folder to begin anew"):
        fit(network(), train, train, QUICK, seed=3, **options)


def test_an_exploding_loss_is_said_and_not_trained_on():
    train = encoded(words_of_a_language(60, 1))
    classifier = network(cell="rnn-relu")
    torch.nn.init.constant_(classifier.rnn.weight_hh_l0, 1e30)
    with pytest.raises(FloatingPointError, match="clip_norm"):
        fit(classifier, train, train, QUICK, seed=3, show_progress=False)


def test_the_fit_stops_when_validation_no_longer_improves():
    train = encoded(words_of_a_language(60, 1))
    config = FitConfig(epochs=50, patience=2, learning_rate=1e-9, device="cpu")
    history = fit(network(), train, train, config, seed=3, show_progress=False)
    assert len(history.epochs) == history.best().epoch + 2


def test_every_step_of_every_epoch_has_its_norm():
    train = encoded(words_of_a_language(200, 1))
    config = FitConfig(epochs=2, patience=9, batch_texts=16, device="cpu")
    history = fit(network(), train, train, config, seed=3, show_progress=False)
    steps = sum(
        len(epoch_batches(train, config, seed=3, epoch=epoch)) for epoch in (0, 1)
    )
    assert len(history.gradient_norms) == steps
    assert all(norm > 0 for norm in history.gradient_norms)


def test_an_epoch_takes_every_text_once_in_batches_within_the_budget():
    train = encoded(words_of_a_language(300, 1))
    config = FitConfig(batch_tokens=40, batch_texts=8)
    batches = epoch_batches(train, config, seed=1, epoch=0)
    assert sorted(itertools.chain(*batches)) == list(range(300))
    for batch in batches:
        assert len(batch) <= 8
        assert train.lengths[batch].max() * len(batch) <= 40 or len(batch) == 1
    assert batches != epoch_batches(train, config, seed=1, epoch=1)
    assert batches == epoch_batches(train, config, seed=1, epoch=0)


def test_the_learning_rate_climbs_to_its_height_and_falls_to_nothing():
    course = [one_cycle(done / 100, 1.0, warmup_share=0.25) for done in range(101)]
    assert course[25] == max(course) == 1.0
    assert course[:26] == sorted(course[:26])
    assert course[25:] == sorted(course[25:], reverse=True)
    assert 0 < course[0] < 0.1
    assert course[-1] == pytest.approx(0)
