"""A fit that was killed goes on to the same weights, or says why it cannot."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_language import (
    QUICK,
    encoded,
    half_labelled,
    network,
    weights_after,
    words_of_a_language,
)

from sentiment.errors import ConfigError
from training.fitting.config import FitConfig
from training.fitting.fit import Fitting
from training.fitting.state import write_state


class KilledError(Exception):
    """Stands for a SIGKILL between two steps."""


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"weight_averaging": 0.9},
        {"adversarial": 0.3},
        {"adversarial": 0.3, "adversarial_from": 0.5},
        {"virtual_adversarial": 0.3, "adversarial_from": 0.5},
    ],
    ids=str,
)
@pytest.mark.parametrize("steps", [1, 7, 13, 20, 30])
def test_a_killed_run_goes_on_to_the_same_weights(
    steps, settings, tmp_path, monkeypatch
):
    train = encoded(words_of_a_language(200, 1))
    if "virtual_adversarial" in settings:
        train = half_labelled(train)
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
    expected = Fitting(whole, train, train, config, seed=3).run()

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
        Fitting(
            network(dropout=0.3), train, train, config, seed=3, checkpoints=tmp_path
        ).run()
    monkeypatch.setattr(Fitting, "step", step)
    torch.manual_seed(99)  # another process starts with other random numbers
    resumed = network(dropout=0.3, cell="lstm")
    history = Fitting(resumed, train, train, config, seed=3, checkpoints=tmp_path).run()
    assert torch.equal(weights_after(whole), weights_after(resumed))
    assert history.gradient_norms == expected.gradient_norms
    assert [record.train_loss for record in history.epochs] == [
        record.train_loss for record in expected.epochs
    ]


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
        return Fitting(
            options.pop("classifier", None) or network(),
            train(split) if train else split,
            validation(split) if validation else split,
            config,
            seed=options.pop("seed", 3),
            checkpoints=tmp_path,
            **options,
        ).run()

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
    match = f"begun before the {name} texts, labels or weights changed, or by"
    with pytest.raises(ConfigError, match=match):
        begun(**{name: lambda split: changed(split, **arrays)})


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("seed", {"seed": 4}),
        ("learning_rate", {"config": replace(QUICK, learning_rate=4e-3)}),
        ("virtual_adversarial", {"config": replace(QUICK, virtual_adversarial=0.1)}),
        ("temperature", {"temperature": 2.0}),
        # It was no part of what is compared: the rest was learned with another one.
        ("dropout", {"classifier": network(dropout=0.3)}),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_checkpoint_of_another_setting_is_refused_with_its_name(begun, name, options):
    match = f"begun before the setting {name} changed, or by"
    with pytest.raises(ConfigError, match=match):
        begun(**options)


def test_a_checkpoint_of_another_release_is_refused_as_such(begun, tmp_path):
    """Each setting was said to have changed."""
    state = tmp_path / "state.json"
    values = json.loads(state.read_text("utf-8"))
    del values["identity"]["setting seed"]
    state.write_text(json.dumps(values), "utf-8")
    with pytest.raises(ConfigError, match="begun by another release"):
        begun()


def test_a_checkpoint_of_another_shape_is_refused_with_its_name(begun):
    """Only the weights were said to differ."""
    match = "the setting hidden_dim and the starting weights changed"
    with pytest.raises(ConfigError, match=match):
        begun(classifier=network(hidden_dim=5))


def test_a_checkpoint_of_another_start_is_refused(begun):
    other = network()
    with torch.no_grad():
        other.embedding.weight[2, 0] += 1
    with pytest.raises(ConfigError, match="begun before the starting weights changed"):
        begun(classifier=other)
    with pytest.raises(ConfigError, match="begun before the starting weights changed"):
        begun(knows_neutral=True)


def test_all_that_differs_is_named_at_once(begun):
    with pytest.raises(
        ConfigError, match=r"the setting seed and the validation texts,"
    ):
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
    Fitting(network(), train, train, QUICK, seed=3, **options).run()
    next(tmp_path.glob("*.safetensors")).write_bytes(b"half")
    with pytest.raises(ConfigError, match="remove the folder to begin anew"):
        Fitting(network(), train, train, QUICK, seed=3, **options).run()
