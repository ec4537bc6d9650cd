"""Fitting: every cell learns a language, a seed repeats, a killed run goes on alike."""

import copy
import itertools
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_language import encoded, network, words_of_a_language

from sentiment.config import CELLS
from sentiment.errors import ConfigError
from sentiment.labels import NEUTRAL
from training.config import FitConfig
from training.fitting.batches import epoch_batches
from training.fitting.fit import Fitting, fit, predict_logits
from training.fitting.optimizer import one_cycle
from training.fitting.state import write_state

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


def two_class(split):
    return replace(split, two_class=torch.ones(len(split), dtype=torch.bool))


def test_where_nobody_could_say_neutral_it_is_learned_to_be_improbable():
    # Masked, its logit learned nothing, and was served and calibrated all the same.
    train = two_class(encoded(words_of_a_language(200, 1)))
    classifier = network()
    config = replace(QUICK, epochs=10, patience=10)
    fit(classifier, train, train, config, seed=3, show_progress=False)
    shares = predict_logits(classifier, train, 1_000).softmax(dim=1)
    assert shares[:, NEUTRAL].mean() < 0.02


@pytest.mark.parametrize("teacher", [False, True])
def test_where_one_text_could_be_neutral_the_others_say_nothing_of_it(teacher):
    train = two_class(encoded(words_of_a_language(20, 1)))
    if teacher:
        soft = train.soft.clone()
        soft[0] = torch.tensor([0.4, 0.2, 0.4])
        train = replace(train, soft=soft, soft_weights=1.0 * (torch.arange(20) == 0))
    else:
        train.two_class[0] = False
    assert train.knows_neutral
    run = Fitting(network(), train, train, QUICK, seed=3)
    run.loss(list(range(1, 20)), 19.0).backward()
    assert not run.classifier.output.weight.grad[NEUTRAL].any()
    run.loss([0], 1.0).backward()
    assert run.classifier.output.weight.grad[NEUTRAL].any()


def test_a_teacher_who_counts_nothing_knows_nothing_of_neutral():
    train = two_class(encoded(words_of_a_language(20, 1)))
    assert not train.knows_neutral
    soft = torch.full((20, 3), 1 / 3)
    assert not replace(train, soft=soft).knows_neutral


def test_random_numbers_that_were_drawn_before_change_nothing():
    # What a network starts from may draw some: a transformer's vectors do.
    train = encoded(words_of_a_language(60, 1))
    runs = []
    for drawn in (0, 100):
        classifier = network(dropout=0.3)
        torch.rand(drawn)
        fit(classifier, train, train, QUICK, seed=3, show_progress=False)
        runs.append(weights_after(classifier))
    assert torch.equal(*runs)


@pytest.mark.parametrize("adversarial", [0.0, 0.3])
def test_a_layer_learns_from_the_epoch_on_in_which_it_unfreezes(adversarial):
    train = encoded(words_of_a_language(60, 1))
    config = replace(
        QUICK,
        gradual_unfreezing=True,
        weight_decay=0.5,
        patience=9,
        adversarial=adversarial,
    )
    classifier = network()
    seen = [copy.deepcopy(classifier.state_dict())]
    fit(
        *(classifier, train, train, config),
        seed=3,
        show_progress=False,
        on_epoch=lambda _: seen.append(copy.deepcopy(classifier.state_dict())),
    )
    for epoch, (before, after) in enumerate(itertools.pairwise(seen)):
        learned = {
            name.split(".")[0]
            for name in before
            if not torch.equal(before[name], after[name])
        }
        assert learned == set(("output", "rnn", "embedding")[: epoch + 1])
    assert all(one.requires_grad for one in classifier.parameters())


def test_frozen_layers_take_no_part_in_the_norm_that_is_clipped_and_recorded():
    train = encoded(words_of_a_language(60, 1))
    classifier = network()
    config = replace(QUICK, epochs=1, batch_texts=60, gradual_unfreezing=True)
    run = Fitting(copy.deepcopy(classifier), train, train, config, seed=3)
    (positions,) = epoch_batches(train, config, seed=3, epoch=0)
    loss = run.loss(positions, train.weight_of(positions))
    gradients = torch.autograd.grad(loss, list(run.classifier.output.parameters()))
    expected = torch.cat([one.flatten() for one in gradients]).norm().item()
    history = fit(classifier, train, train, config, seed=3, show_progress=False)
    assert history.gradient_norms == [pytest.approx(expected, rel=1e-5)]


class KilledError(Exception):
    """Stands for a SIGKILL between two steps."""


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"weight_averaging": 0.9},
        {"adversarial": 0.3},
        {"adversarial": 0.3, "adversarial_from": 0.5},
    ],
    ids=str,
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


def changed(split, **arrays):
    """Return the split with arrays that differ from its own in one number."""
    changes = {}
    for name in arrays:
        array = getattr(split, name)
        changes[name] = array.clone() if torch.is_tensor(array) else array.copy()
        changes[name][0] = arrays[name]
    return replace(split, **changes)


@pytest.fixture
def begun(tmp_path):
    """A fit of ``QUICK`` that was cut short; called, it goes on with what is given."""

    def go_on(train=None, validation=None, config=QUICK, **options):
        split = encoded(words_of_a_language(60, 1))
        return fit(
            options.pop("classifier", None) or network(),
            train(split) if train else split,
            validation(split) if validation else split,
            config,
            seed=options.pop("seed", 3),
            checkpoints=tmp_path,
            show_progress=False,
            **options,
        )

    go_on()
    return go_on


@pytest.mark.parametrize(
    "arrays",
    [
        {"token_ids": 1},
        {"targets": 0.25},
        {"labels": 1},
        {"weights": 1.5},
        {"two_class": True},
        {"sources": "one"},
        {"soft": 0.25},
        {"soft_weights": 0.5},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["train", "validation"])
def test_a_checkpoint_of_other_data_is_refused_and_they_are_named(begun, name, arrays):
    match = f"begun before the {name} texts, labels or weights changed: go back"
    with pytest.raises(ConfigError, match=match):
        begun(**{name: lambda split: changed(split, **arrays)})


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 4},
        {"config": replace(QUICK, learning_rate=4e-3)},
        {"temperature": 2.0},
    ],
    ids=str,
)
def test_a_checkpoint_of_other_settings_is_refused(begun, options):
    with pytest.raises(ConfigError, match="begun before the settings changed: go back"):
        begun(**options)


def test_a_checkpoint_of_another_start_is_refused(begun):
    other = network()
    with torch.no_grad():
        other.embedding.weight[2, 0] += 1
    with pytest.raises(ConfigError, match="begun before the starting weights changed"):
        begun(classifier=other)


def test_all_that_differs_is_named_at_once(begun):
    with pytest.raises(ConfigError, match=r"the settings and the validation texts,"):
        begun(validation=lambda split: changed(split, labels=1), seed=4)


@pytest.mark.parametrize(
    "harmless", [{"patience": 7}, {"checkpoint_minutes": 3.0}, {"threads": 1}], ids=str
)
def test_settings_that_leave_the_weights_alone_may_change(begun, harmless):
    assert begun(config=replace(QUICK, **harmless)).epochs == begun().epochs


def test_a_checkpoint_is_on_the_disk_before_the_one_before_it_goes(
    tmp_path, monkeypatch
):
    # A power cut must not find the new tensors unwritten and the old ones gone.
    done = []
    sync, unlink = os.fsync, Path.unlink

    def noted_sync(descriptor):
        done.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
        sync(descriptor)

    def noted_unlink(path, **options):
        done.append(f"unlink {path.name}")
        unlink(path, **options)

    write_state(tmp_path, "one", {}, {"x": torch.zeros(3)})
    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "unlink", noted_unlink)
    write_state(tmp_path, "two", {}, {"x": torch.ones(3)})
    assert done == [
        "sync tensors-two.safetensors",
        "sync state.json.tmp",
        f"sync {tmp_path.name}",
        f"sync {tmp_path.name}",
        "unlink tensors-one.safetensors",
    ]


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
